import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/store/client.ts";
import { type TestApp, testApp } from "../support/app.ts";

const clients = 32;
const uuid = () => crypto.randomUUID();

/** Returns the proposal of PENDING that a worker makes, with a transition id of its own. */
export const pending = (transition_id = uuid()) => ({ state: { type: "PENDING", state_details: { transition_id } } });

/** Tests that of many clients who want one run, or one slot, each time exactly one gets it. */
export function testRaces(rounds: number): void {
  describe("when many clients want the same", () => {
    let app: TestApp;
    let flow_id: string;
    beforeEach(async () => {
      app = await testApp();
      flow_id = (await app.post("/flows/", { name: "contended" })).body.id;
    });

    const scheduledRun = async (more: object = {}) =>
      (await app.post("/flow_runs/", { flow_id, state: { type: "SCHEDULED" }, ...more })).body.id as string;

    it("lets exactly one of them take a run, round after round", async () => {
      for (let round = 0; round < rounds; round++) {
        const run = await scheduledRun();
        const answers = await Promise.all(
          Array.from({ length: clients }, () => app.post(`/flow_runs/${run}/set_state`, pending())),
        );
        const won = answers.filter((a) => a.body.status === "ACCEPT");
        expect(won.map((a) => a.status)).toEqual([201]);
        expect(answers.filter((a) => a.body.status === "ABORT")).toHaveLength(clients - 1);
        const states = (await app.get(`/flow_run_states/?flow_run_id=${run}`)).body;
        expect(states.map((s: { type: string }) => s.type)).toEqual(["SCHEDULED", "PENDING"]);
      }
    }, 120_000);

    it("never answers 500 when fifty clients set one run to RUNNING, and records each accepted state", async () => {
      const run = await scheduledRun();
      const running = () => ({ state: { type: "RUNNING", state_details: { transition_id: uuid() } } });
      const answers = await Promise.all(Array.from({ length: 50 }, () => app.post(`/flow_runs/${run}/set_state`, running())));
      expect(answers.filter((a) => a.status >= 500 && a.status !== 503)).toEqual([]);
      for (const refused of answers.filter((a) => a.status === 503)) expect(refused.headers.get("retry-after")).toBe("1");
      const accepted = answers.filter((a) => a.body.status === "ACCEPT").length;
      expect(accepted).toBeGreaterThan(0);
      expect((await app.get(`/flow_run_states/?flow_run_id=${run}`)).body).toHaveLength(accepted + 1);
    }, 60_000);

    it("never gives out more slots of a deployment than it has, and leaks none", async () => {
      const { deployment, limit } = await deploymentWithLimit(app.deps().db, flow_id, 1);
      const waiting = await Promise.all(Array.from({ length: clients }, () => scheduledRun({ deployment_id: deployment })));
      for (let round = 0; round < rounds; round++) {
        const runs = [...waiting];
        const answers = await Promise.all(runs.map((run) => app.post(`/flow_runs/${run}/set_state`, pending())));
        const winners = runs.filter((_, i) => answers[i]?.body.status === "ACCEPT");
        expect(winners).toHaveLength(1);
        expect(answers.filter((a) => a.body.state.name === "AwaitingConcurrencySlot")).toHaveLength(clients - 1);
        expect(await occupied(app, limit)).toBe(1);
        await app.post(
          `/flow_runs/${winners[0]}/set_state`,
          { state: { type: "RUNNING" } },
          { "user-agent": "prefect/3.8.8 (API 0.8.4)" },
        );
        await app.post(`/flow_runs/${winners[0]}/set_state`, { state: { type: "COMPLETED" } });
        expect(await occupied(app, limit)).toBe(0);
        waiting[runs.indexOf(winners[0] ?? "")] = await scheduledRun({ deployment_id: deployment });
      }
    }, 240_000);
  });
}

/** Makes a deployment whose runs are limited, straight in the database. */
export async function deploymentWithLimit(
  db: Database,
  flow_id: string,
  limit: number,
): Promise<{ deployment: string; limit: string }> {
  const ids = { deployment: uuid(), limit: uuid() };
  await db.write([
    {
      sql: `insert into concurrency_limit (id, created, updated, name, "limit", slots_changed) values (?, 1, 1, ?, ?, 1)`,
      args: [ids.limit, `deployment:${ids.deployment}`, limit],
    },
    {
      sql: "insert into deployment (id, created, updated, name, flow_id, concurrency_limit_id) values (?, 1, 1, 'd', ?, ?)",
      args: [ids.deployment, flow_id, ids.limit],
    },
  ]);
  return ids;
}

/** Returns how many slots of a limit are taken. */
export const occupied = async (app: TestApp, limit: string): Promise<number> =>
  (await app.get(`/v2/concurrency_limits/${limit}`)).body.active_slots;

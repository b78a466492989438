import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/store/client.ts";
import { DatabaseUnavailable } from "../../src/store/client.ts";
import { type Answer, type TestApp, testApp } from "../support/app.ts";

const clients = 32;
const rounds = 100;
const uuid = () => crypto.randomUUID();

const pending = (transition_id = uuid()) => ({ state: { type: "PENDING", state_details: { transition_id } } });

describe("when many clients want the same", () => {
  let app: TestApp;
  let flow_id: string;
  beforeEach(async () => {
    app = await testApp();
    flow_id = (await app.post("/flows/", { name: "contended" })).body.id;
  });

  const scheduledRun = async (more: object = {}) =>
    (await app.post("/flow_runs/", { flow_id, state: { type: "SCHEDULED" }, ...more })).body.id as string;

  it("lets exactly one of them take a run, a hundred times", async () => {
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

describe("when an answer is lost", () => {
  /** A database whose n-th request is carried out, but whose answer never arrives. */
  const losing = (db: Database, n: number): Database => {
    let count = 0;
    const lose = async <T>(request: () => Promise<T>): Promise<T> => {
      count++;
      const mine = count;
      const answer = await request();
      if (mine === n) throw new DatabaseUnavailable("the connection broke");
      return answer;
    };
    return {
      execute: (s) => lose(() => db.execute(s)),
      read: (s) => lose(() => db.read(s)),
      write: (s) => lose(() => db.write(s)),
      roundTrips: () => db.roundTrips(),
      lease: () => db.lease(),
      releaseAll: () => db.releaseAll(),
      sizes: db.sizes,
    };
  };

  /** Asks with the n-th database answer lost, then again as clients do; returns the last answer and how many requests that took. */
  const askTwice = async (app: TestApp, n: number, ask: () => Promise<Answer>): Promise<{ answer: Answer; lost: boolean }> => {
    app.wrapDatabase((db) => losing(db, n));
    const first = await ask();
    app.wrapDatabase((db) => db);
    return first.status === 503 ? { answer: await ask(), lost: true } : { answer: first, lost: false };
  };

  it("takes a transition once, whichever answer of the database is lost", async () => {
    const app = await testApp();
    const flow_id = (await app.post("/flows/", { name: "lossy" })).body.id;
    const { deployment, limit } = await deploymentWithLimit(app.deps().db, flow_id, 5);
    for (let n = 1, lost = true; lost; n++) {
      const parent = (await app.post("/flow_runs/", { flow_id, state: { type: "RUNNING" } })).body.id;
      const task = (await app.post("/task_runs/", { flow_run_id: parent, task_key: "t", dynamic_key: "0" })).body.id;
      const body = { flow_id, deployment_id: deployment, parent_task_run_id: task, state: { type: "SCHEDULED" } };
      const run = (await app.post("/flow_runs/", body)).body.id;
      const proposal = pending();
      const asked = await askTwice(app, n, () => app.post(`/flow_runs/${run}/set_state`, proposal));
      lost = asked.lost;
      expect(asked.answer.body.state.type).toBe("PENDING");
      expect((await app.get(`/flow_run_states/?flow_run_id=${run}`)).body).toHaveLength(2);
      expect((await app.get(`/task_run_states/?task_run_id=${task}`)).body).toHaveLength(3);
      const told = await app.post("/events/filter", {
        filter: { resource: { id: [`prefect.flow-run.${run}`] }, event: { prefix: ["prefect.flow-run."] } },
      });
      expect(told.body.total).toBe(2);
      expect(await occupied(app, limit)).toBe(1);
      // The client goes on from the state it was answered with.
      expect((await app.post(`/flow_runs/${run}/set_state`, { state: { type: "COMPLETED" } })).body.status).toBe("ACCEPT");
      expect(await occupied(app, limit)).toBe(0);
    }
  });

  it("makes one run for one idempotency key, and one task run for its keys", async () => {
    const app = await testApp();
    const flow_id = (await app.post("/flows/", { name: "lossy" })).body.id;
    for (let n = 1, lost = true; lost; n++) {
      const asked = await askTwice(app, n, () => app.post("/flow_runs/", { flow_id, idempotency_key: `k${n}` }));
      lost = asked.lost;
      expect([200, 201]).toContain(asked.answer.status);
      const count = await app.post("/flow_runs/count", { flow_runs: { idempotency_key: { any_: [`k${n}`] } } });
      expect(count.body).toBe(1);
      expect((await app.get(`/flow_run_states/?flow_run_id=${asked.answer.body.id}`)).body).toHaveLength(1);
    }
    const flow_run_id = (await app.post("/flow_runs/", { flow_id })).body.id;
    for (let n = 1, lost = true; lost; n++) {
      const body = { flow_run_id, task_key: "t", dynamic_key: String(n) };
      lost = (await askTwice(app, n, () => app.post("/task_runs/", body))).lost;
      expect((await app.post("/task_runs/count", { task_runs: { flow_run_id: { any_: [flow_run_id] } } })).body).toBe(n);
    }
  });
});

async function deploymentWithLimit(db: Database, flow_id: string, limit: number): Promise<{ deployment: string; limit: string }> {
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

const occupied = async (app: TestApp, limit: string): Promise<number> =>
  (await app.get(`/v2/concurrency_limits/${limit}`)).body.active_slots;

import { describe, expect, it } from "vitest";
import { type Database, DatabaseUnavailable } from "../../src/store/client.ts";
import { type Answer, type TestApp, testApp } from "../support/app.ts";
import { deploymentWithLimit, occupied, pending } from "./orchestration-races.ts";

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
      ...db,
      execute: (s) => lose(() => db.execute(s)),
      read: (s) => lose(() => db.read(s)),
      write: (s) => lose(() => db.write(s)),
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

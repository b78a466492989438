import { expect, it } from "vitest";
import { pendingDeletions } from "../../src/cron/pending-deletions.ts";
import { DatabaseUnavailable } from "../../src/store/client.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { type CountedWrite, countedDatabase, countWrites } from "../support/counted-writes.ts";
import { countRows, storeManyRuns } from "../support/many-runs.ts";

const tables = ["flow_run", "flow_run_state", "flow_run_tag", "task_run", "task_run_state", "pending_deletion"] as const;
const none = tables.map(() => 0);

async function flowWithRuns(runs: number, tasks: number): Promise<{ app: TestApp; flow_id: string }> {
  const app = await testApp();
  const flow_id = (await app.post("/flows/", { name: "large" })).body.id;
  await storeManyRuns(app.deps().db, { flow_id, runs, tasks });
  return { app, flow_id };
}

const tick = (app: TestApp, writes: CountedWrite[]) => {
  const deps = app.deps();
  return pendingDeletions.run(
    { ...deps, db: countedDatabase(deps.db, writes) },
    { cron: "* * * * *", scheduledTime: deps.now() },
  );
};

const deletedEvents = async (app: TestApp): Promise<unknown> =>
  (await app.deps().db.execute({ sql: "select count(*) from event where event = 'prefect.flow.deleted'", args: [] }))
    .rows[0]?.[0];

it("completes the deletion of a flow whose request was cut off, once", async () => {
  const { app, flow_id } = await flowWithRuns(700, 1);
  countWrites(app, (count) => {
    if (count === 2) throw new DatabaseUnavailable("cut off");
  });
  expect((await app.delete(`/flows/${flow_id}`)).status).toBe(503);
  expect((await app.get(`/flows/${flow_id}`)).status).toBe(200);
  const [left = 0] = await countRows(app.deps().db, "flow_run");
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(700);
  const writes: CountedWrite[] = [];
  await Promise.all([tick(app, writes), tick(app, writes)]);
  expect(Math.max(...writes.map(({ rows }) => rows))).toBeLessThanOrEqual(5000);
  expect(await countRows(app.deps().db, ...tables)).toEqual(none);
  expect(await deletedEvents(app)).toBe(1);
  countWrites(app);
  expect((await app.get(`/flows/${flow_id}`)).status).toBe(404);
  expect((await app.post("/flows/", { name: "large" })).status).toBe(201);
});

it("has nothing to do where each deletion was completed by its request", async () => {
  const { app, flow_id } = await flowWithRuns(500, 0);
  expect((await app.delete(`/flows/${flow_id}`)).status).toBe(204);
  expect(await countRows(app.deps().db, ...tables)).toEqual(none);
  expect((await app.post("/flow_runs/count")).body).toBe(0);
  expect((await app.get("/flow_runs/run-1")).status).toBe(404);
  const writes: CountedWrite[] = [];
  await tick(app, writes);
  expect(writes).toEqual([]);
});

it("also holds for several flows at once, and for runs with many task runs", async () => {
  const { app, flow_id } = await flowWithRuns(3, 1500);
  const other = (await app.post("/flows/", { name: "other" })).body.id;
  await storeManyRuns(app.deps().db, { flow_id: other, runs: 300, prefix: "other" });
  const writes = countWrites(app);
  const { status, body } = await app.post("/flows/bulk_delete", { flows: { name: { any_: ["large", "other"] } } });
  expect([status, body.deleted]).toEqual([200, [flow_id, other]]);
  expect(Math.max(...writes.map(({ rows }) => rows))).toBeLessThanOrEqual(5000);
  expect(await countRows(app.deps().db, ...tables)).toEqual(none);
});

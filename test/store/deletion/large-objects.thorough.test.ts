import { expect, it } from "vitest";
import { testApp } from "../../support/app.ts";
import { type CountedWrite, countWrites } from "../../support/counted-writes.ts";
import { countRows, storeManyRuns } from "../../support/many-runs.ts";

const runTables = ["flow_run", "flow_run_state", "flow_run_tag", "task_run", "task_run_state", "pending_deletion"];
/** The longest transaction but for one in a hundred, which may have waited for other tests. */
const longest = (writes: readonly CountedWrite[]) => {
  const times = writes.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN;
};
const largest = (writes: readonly CountedWrite[]) => Math.max(...writes.map(({ rows }) => rows));

it("deletes a flow with 100,000 runs without a transaction over a second or 5,000 rows", { timeout: 600_000 }, async () => {
  const app = await testApp();
  const { id } = (await app.post("/flows/", { name: "large" })).body;
  await storeManyRuns(app.deps().db, { flow_id: id, runs: 100_000 });
  const writes = countWrites(app);
  let status = 503;
  // Where the machine is slow, a request ends after a while, and the next one goes on.
  while (status === 503) ({ status } = await app.delete(`/flows/${id}`));
  expect(status).toBe(204);
  expect(largest(writes)).toBeLessThanOrEqual(5000);
  expect(longest(writes)).toBeLessThan(1000);
  expect(await countRows(app.deps().db, ...runTables)).toEqual(runTables.map(() => 0));
  expect((await app.get(`/flows/${id}`)).status).toBe(404);
});

it("deletes a flow run with 100,000 task runs and logs in the same way", { timeout: 600_000 }, async () => {
  const app = await testApp();
  const { id: flow_id } = (await app.post("/flows/", { name: "large" })).body;
  const run = (await app.post("/flow_runs/", { flow_id })).body.id;
  const { db } = app.deps();
  await storeManyRuns(db, { flow_id, runs: 10, tasks: 10_000, logs: 10_000 });
  for (let i = 0; i < 10; i++)
    await db.write([
      { sql: "update task_run set flow_run_id = ?, dynamic_key = id where flow_run_id = ?", args: [run, `run-${i}`] },
      { sql: "update log set flow_run_id = ? where flow_run_id = ?", args: [run, `run-${i}`] },
    ]);
  const writes = countWrites(app);
  let status = 503;
  // Where the machine is slow, a request ends after a while, and the next one goes on.
  while (status === 503) ({ status } = await app.delete(`/flow_runs/${run}`));
  expect(status).toBe(204);
  expect(largest(writes)).toBeLessThanOrEqual(5000);
  expect(longest(writes)).toBeLessThan(1000);
  expect(await countRows(app.deps().db, "flow_run", "task_run", "task_run_state", "log", "pending_deletion")).toEqual([
    10, 0, 0, 0, 0,
  ]);
});

import { beforeEach, describe, expect, it } from "vitest";
import { cancellationCleanup } from "../../src/cron/cancellation-cleanup.ts";
import { pauseExpirations } from "../../src/cron/pause-expirations.ts";
import { type TestApp, testApp } from "../support/app.ts";

const minute = 60_000_000;

describe("the jobs that end what was left open", () => {
  let app: TestApp;
  let flowId: string;
  const run = async (name: string, type: string, more: object = {}) =>
    (await app.post("/flow_runs/", { flow_id: flowId, name, state: { type }, ...more })).body.id as string;
  const task = async (runId: string, name: string, type: string) =>
    (await app.post("/task_runs/", { flow_run_id: runId, task_key: name, dynamic_key: "0", name, state: { type } })).body
      .id as string;
  const set = (id: string, state: object, force = true) => app.post(`/flow_runs/${id}/set_state`, { state, force });
  const stateOf = async (path: string) => {
    const { body } = await app.get(path);
    return [body.state_type, body.state.message];
  };
  const tick = () => ({ cron: "* * * * *", scheduledTime: Date.now() * 1000 });

  beforeEach(async () => {
    app = await testApp();
    flowId = (await app.post("/flows/", { name: "etl" })).body.id;
  });

  it("cancels the open task runs of a cancelled flow run and no others", async () => {
    const cancelled = await run("cancelled", "RUNNING");
    const running = await run("running", "RUNNING");
    const [open, done, other] = [
      await task(cancelled, "open", "RUNNING"),
      await task(cancelled, "done", "COMPLETED"),
      await task(running, "t", "RUNNING"),
    ];
    await set(cancelled, { type: "CANCELLED" });
    await cancellationCleanup.run(app.deps(), tick());
    await cancellationCleanup.run(app.deps(), tick());
    expect(await stateOf(`/task_runs/${open}`)).toEqual(["CANCELLED", "The parent flow run was cancelled."]);
    expect((await app.get(`/task_run_states/?task_run_id=${open}`)).body).toHaveLength(2);
    expect((await stateOf(`/task_runs/${done}`))[0]).toBe("COMPLETED");
    expect((await stateOf(`/task_runs/${other}`))[0]).toBe("RUNNING");
  });

  it("cancels subflow runs of a cancelled run, deployed ones by way of their infrastructure", async () => {
    const parent = await run("parent", "RUNNING");
    const [a, b] = [await task(parent, "a", "RUNNING"), await task(parent, "b", "RUNNING")];
    const plain = await run("plain", "RUNNING", { parent_task_run_id: a });
    const deployed = await run("deployed", "RUNNING", {
      parent_task_run_id: b,
      deployment_id: "00000000-0000-4000-8000-00000000dead",
    });
    await set(parent, { type: "CANCELLED" });
    await cancellationCleanup.run(app.deps(), tick());
    expect(await stateOf(`/flow_runs/${plain}`)).toEqual(["CANCELLED", "The parent flow run was cancelled."]);
    expect((await stateOf(`/flow_runs/${deployed}`))[0]).toBe("CANCELLING");
  });

  it("gives up a cancellation that nobody answered for five minutes, not earlier", async () => {
    const stuck = await run("stuck", "RUNNING");
    await set(stuck, { type: "CANCELLING" });
    await cancellationCleanup.run(app.deps(), tick());
    expect((await stateOf(`/flow_runs/${stuck}`))[0]).toBe("CANCELLING");
    await cancellationCleanup.run(app.deps(), { cron: "", scheduledTime: Date.now() * 1000 + 6 * minute });
    expect(await stateOf(`/flow_runs/${stuck}`)).toEqual([
      "CANCELLED",
      "Flow run cancellation timed out; marked this flow run as Cancelled.",
    ]);
  });

  it("asks a worker of the pool to end the infrastructure of a run that it gave up, once, unless the pool has no workers", async () => {
    const stuckOn = async (type: string) => {
      const pool = (await app.post("/work_pools/", { name: type, type })).body;
      const id = await run(type, "RUNNING");
      await app.patch(`/flow_runs/${id}`, { infrastructure_pid: "host:42" });
      await app
        .deps()
        .db.execute({ sql: "update flow_run set work_queue_id = ? where id = ?", args: [pool.default_queue_id, id] });
      await set(id, { type: "CANCELLING" });
      return { id, pool };
    };
    const { id, pool } = await stuckOn("process");
    const pushed = await stuckOn("cloud-run:push");
    const later = { cron: "", scheduledTime: Date.now() * 1000 + 6 * minute };
    await Promise.all([cancellationCleanup.run(app.deps(), later), cancellationCleanup.run(app.deps(), later)]);
    expect([(await stateOf(`/flow_runs/${id}`))[0], (await stateOf(`/flow_runs/${pushed.id}`))[0]]).toEqual([
      "CANCELLED",
      "CANCELLED",
    ]);
    const { rows } = await app.deps().db.execute({
      sql: "select kind, work_pool_id, work_queue_id, target, data, delivery_count from cleanup_message",
      args: [],
    });
    expect(rows.map((row) => [...Array.from(row)])).toEqual([
      [
        "cancelling_timeout_teardown.v1",
        pool.id,
        pool.default_queue_id,
        JSON.stringify({ flow_run_id: id, infrastructure_pid: "host:42" }),
        "{}",
        0,
      ],
    ]);
  });

  it("fails a pause that was not resumed in time, and tells it once", async () => {
    const paused = await run("paused", "RUNNING");
    const later = await run("later", "RUNNING");
    await set(paused, { type: "PAUSED", state_details: { pause_timeout: "2020-01-01T00:00:00Z" } });
    await set(later, { type: "PAUSED", state_details: { pause_timeout: "2035-01-01T00:00:00Z" } });
    await Promise.all([pauseExpirations.run(app.deps(), tick()), pauseExpirations.run(app.deps(), tick())]);
    expect(await stateOf(`/flow_runs/${paused}`)).toEqual(["FAILED", "The flow was paused and never resumed."]);
    expect((await stateOf(`/flow_runs/${later}`))[0]).toBe("PAUSED");
    const events = await app.post("/events/filter", { filter: { event: { name: ["prefect.flow-run.Failed"] } } });
    expect(events.body.total).toBe(1);
  });
});

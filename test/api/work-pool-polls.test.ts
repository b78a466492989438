import { beforeEach, describe, expect, it } from "vitest";
import type { FlowRunRow } from "../../src/store/tables/flow-runs.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { hour, newYear, storeDeployment, storeFlow, storeRun, toldEvents } from "../support/work-pools.ts";

describe("polls of a work pool", () => {
  let app: TestApp;
  let flow: string;
  let queues: Record<string, string>;
  const queue = async (name: string, more: object = {}) => {
    queues[name] = (await app.post("/work_pools/p/queues", { name, ...more })).body.id;
  };
  const run = (name: string, on: string, at: number, more: Partial<FlowRunRow> = {}) =>
    storeRun(app.deps(), flow, {
      name,
      work_queue_id: queues[on] ?? null,
      next_scheduled_start_time: newYear + at * hour,
      ...more,
    });
  const due = async (body: object = {}): Promise<string[]> => {
    const answer = await app.post("/work_pools/p/get_scheduled_flow_runs", body);
    await app.settled();
    return answer.body.map((item: { flow_run: { name: string } }) => item.flow_run.name);
  };
  beforeEach(async () => {
    app = await testApp();
    const { default_queue_id } = (await app.post("/work_pools/", { name: "p", type: "process" })).body;
    queues = { default: default_queue_id };
    flow = await storeFlow(app.deps());
  });

  it("hands out runs without their state and their pool's names", async () => {
    const id = await run("r", "default", 1, { parameters: { x: 1 }, work_queue_name: null });
    const [item] = (await app.post("/work_pools/p/get_scheduled_flow_runs")).body;
    expect(item).toMatchObject({
      work_queue_id: queues.default,
      flow_run: {
        id,
        name: "r",
        state: null,
        state_type: "SCHEDULED",
        work_queue_id: queues.default,
        work_queue_name: null,
        parameters: { x: 1 },
      },
    });
    expect(item.work_pool_id).toBe((await app.get("/work_pools/p")).body.id);
    expect(item.flow_run).not.toHaveProperty("work_pool_id");
    expect(item.flow_run).not.toHaveProperty("work_pool_name");
  });

  it("takes bounds as inclusive and cuts to the limit", async () => {
    await queue("slow");
    await run("noon", "default", 12);
    await run("nine", "default", 9);
    await run("early", "slow", 1);
    expect(await due()).toEqual(["nine", "noon", "early"]);
    expect(await due({ scheduled_before: "2035-01-01 09:00:00+00:00" })).toEqual(["nine", "early"]);
    expect(await due({ scheduled_after: "2035-01-01T09:00:00Z" })).toEqual(["nine", "noon"]);
    expect(await due({ scheduled_after: "2035-01-01T02:00:00Z", scheduled_before: "2035-01-01T10:00:00Z" })).toEqual(["nine"]);
    expect(await due({ limit: 2 })).toEqual(["nine", "noon"]);
    expect(await due({ limit: 0 })).toEqual([]);
    expect(await due({ work_queue_names: ["slow"] })).toEqual(["early"]);
    expect(await due({ work_queue_names: [] })).toHaveLength(3);
    const unknown = await app.post("/work_pools/p/get_scheduled_flow_runs", { work_queue_names: ["slow", "nope", "no"] });
    expect([unknown.status, unknown.body.detail]).toEqual([404, "Work pool queue 'p/nope' not found."]);
    expect((await app.post("/work_pools/nope/get_scheduled_flow_runs", {})).body).toEqual({
      detail: 'Work pool "nope" not found.',
    });
    expect((await app.post("/work_pools/p/get_scheduled_flow_runs", { limit: 201 })).body.detail).toMatch(/^Invalid limit/);
    expect((await app.post("/work_pools/p/get_scheduled_flow_runs", { scheduled_before: "soon" })).status).toBe(422);
  });

  it("hands out scheduled runs alone, and none that its own process will take up again", async () => {
    for (const state_type of ["PENDING", "RUNNING", "COMPLETED", "PAUSED", "CANCELLING"])
      await run(state_type, "default", 0, { state_type });
    await run("late", "default", 2, { state_name: "Late" });
    await run("in process", "default", 1, { state_name: "AwaitingRetry", empirical_policy: { retry_type: "in_process" } });
    await run("anew", "default", 1, { state_name: "AwaitingRetry", empirical_policy: { retry_type: "reschedule" } });
    await run("of no queue", "none", 1);
    expect(await due()).toEqual(["anew", "late"]);
  });

  it("is not held up by runs that wait for a slot of their deployment", async () => {
    for (const at of [1, 2, 3]) await run(`waits-${at}`, "default", at, { state_name: "AwaitingConcurrencySlot" });
    await run("free", "default", 0);
    expect(await due({ scheduled_before: "2035-01-01T00:00:10Z", limit: 1 })).toEqual(["free"]);
    expect(await due({ limit: 2 })).toEqual(["free", "waits-1"]);
  });

  it("goes by priority before time, and takes queues of one priority by time alone", async () => {
    await queue("high", { priority: 1 });
    await queue("low", { priority: 9 });
    for (const name of ["low", "default", "high"]) for (const at of [1, 2]) await run(`${name}-${at}`, name, at);
    expect(await due()).toEqual(["high-1", "high-2", "default-1", "default-2", "low-1", "low-2"]);
    expect(await due({ limit: 3 })).toEqual(["high-1", "high-2", "default-1"]);
    await app.patch(`/work_queues/${queues.low}`, { priority: 1 });
    expect(await due()).toEqual(["low-1", "high-1", "low-2", "high-2", "default-1", "default-2"]);
  });

  it("hands out nothing of a paused queue or pool", async () => {
    await queue("q", { priority: 1 });
    await run("q", "q", 1);
    await run("d", "default", 1);
    await app.patch("/work_pools/p/queues/q", { is_paused: true });
    expect(await due()).toEqual(["d"]);
    expect(await due({ work_queue_names: ["q"] })).toEqual([]);
    await app.patch("/work_pools/p", { is_paused: true });
    expect(await due()).toEqual([]);
    expect((await app.get("/work_pools/p/queues/q")).body).toMatchObject({ status: "PAUSED" });
    expect((await app.get("/work_pools/p/queues/q")).body.last_polled).not.toBeNull();
  });

  it("keeps to the limits of pool and queues; cancelling runs hold no slot", async () => {
    await queue("q", { priority: 1, concurrency_limit: 1 });
    for (const at of [0, 1, 2]) {
      await run(`q${at}`, "q", at);
      await run(`d${at}`, "default", at);
    }
    const limit = (concurrency_limit: number | null) => app.patch("/work_pools/p", { concurrency_limit });
    await limit(3);
    expect(await due()).toEqual(["q0", "d0", "d1"]);
    const pending = await run("pending", "q", 0, { state_type: "PENDING" });
    expect(await due()).toEqual(["d0", "d1"]);
    await run("running", "default", 0, { state_type: "RUNNING" });
    expect(await due()).toEqual(["d0"]);
    await limit(1);
    expect(await due()).toEqual([]);
    await limit(2);
    await app.deps().db.execute({ sql: "update flow_run set state_type = 'CANCELLING' where id = ?", args: [pending] });
    expect(await due()).toEqual(["q0"]);
    await app.patch("/work_pools/p/queues/q", { concurrency_limit: 0, is_paused: true });
    expect(await due()).toEqual(["d0"]);
    await limit(null);
    expect(await due()).toEqual(["d0", "d1", "d2"]);
    await limit(0);
    expect(await due()).toEqual([]);
  });

  it("answers in one round trip and marks queues and deployments behind the answer", async () => {
    await queue("q");
    await queue("other");
    const deps = app.deps();
    const mine = await storeDeployment(deps, flow, { work_queue_id: queues.q });
    const others = await storeDeployment(deps, flow, { work_queue_id: queues.other });
    const stored = async (id: string) =>
      (await deps.db.execute({ sql: "select status, last_polled is not null, updated from deployment where id = ?", args: [id] }))
        .rows[0];
    const updated = (await stored(mine))?.[2];
    const answer = await app.post("/work_pools/p/get_scheduled_flow_runs", { work_queue_names: ["q"] });
    await app.settled();
    // One to read; the other, which nobody waits for, writes the marks.
    expect(answer.roundTrips).toBeLessThanOrEqual(2);
    const read = async (name: string) => (await app.get(`/work_pools/p/queues/${name}`)).body;
    expect(await read("q")).toMatchObject({ status: "READY" });
    expect(await read("other")).toMatchObject({ status: "NOT_READY", last_polled: null });
    expect((await app.get("/work_pools/p")).body.status).toBe("NOT_READY");
    expect(Array.from((await stored(mine)) ?? [])).toEqual(["READY", 1, updated]);
    expect(Array.from((await stored(others)) ?? []).slice(0, 2)).toEqual(["NOT_READY", 0]);
    await app.post("/work_pools/p/get_scheduled_flow_runs", { work_queue_names: ["q"] });
    await app.settled();
    const told = await toldEvents(deps, "%.ready");
    expect(told.map((e) => e.event)).toEqual(["prefect.work-queue.ready", "prefect.deployment.ready"]);
    expect(told[1]?.related.map((labels) => labels["prefect.resource.role"])).toEqual(["flow", "work-queue", "work-pool"]);
    expect(told.map((e) => e.related.length)).toEqual([1, 3]);
  });

  it("shows who holds the pool's slots, queue by queue", async () => {
    await app.patch("/work_pools/p", { concurrency_limit: 10 });
    await queue("q", { concurrency_limit: 5 });
    await queue("idle");
    await run("a", "default", 1, { state_type: "PENDING" });
    for (const name of ["b", "c"]) await run(name, "q", 1, { state_type: "RUNNING" });
    await run("waiting", "q", 1);
    const status = async (body: object) => (await app.post("/work_pools/p/concurrency_status", body)).body;
    const answer = await app.post("/work_pools/p/concurrency_status");
    expect(answer.roundTrips).toBe(1);
    expect(answer.body).toMatchObject({ active_slots: 3, concurrency_limit: 10, count: 3, limit: 200, pages: 1, page: 1 });
    expect(
      answer.body.queues.map((q: { queue_name: string; flow_runs: { name: string }[] }) => [
        q.queue_name,
        q.flow_runs.map((r) => r.name),
      ]),
    ).toEqual([
      ["default", ["a"]],
      ["q", ["b", "c"]],
      ["idle", []],
    ]);
    expect((await status({ flow_run_limit: 1 })).queues[1]).toMatchObject({
      active_slots: 2,
      flow_run_count: 2,
      flow_runs: [{ name: "b" }],
    });
    expect(await status({ limit: 2, page: 2 })).toMatchObject({ pages: 2, active_slots: 3, queues: [{ queue_name: "idle" }] });
    expect(await status({ limit: 0 })).toMatchObject({ pages: 0, queues: [] });
    expect(await status({ flow_run_limit: 0 })).toMatchObject({
      queues: [{ flow_runs: [] }, { flow_runs: [] }, { flow_runs: [] }],
    });
    for (const body of [{ page: 0 }, { limit: 201 }, { flow_run_limit: 201 }])
      expect((await app.post("/work_pools/p/concurrency_status", body)).status).toBe(422);
    expect((await app.post("/work_pools/nope/concurrency_status")).body).toEqual({ detail: "Work pool 'nope' not found." });
  });
});

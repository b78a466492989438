import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, type TestApp, testApp } from "../support/app.ts";

const client = { "user-agent": "prefect/3.8.8 (API 0.8.4)" };

describe("what requests cost the database", () => {
  let app: TestApp;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    app = await testApp();
    await app.post("/work_pools/", { name: "pool", type: "process" });
    const made = async (name: string, path: string, body: object) => {
      const { body: answer } = await app.post(path, body);
      ids[name] = answer.id;
    };
    await made("flow", "/flows/", { name: "etl", tags: ["t"] });
    const schedules = [{ schedule: { interval: 3600, anchor_date: "2035-01-01T00:00:00Z" } }];
    await made("deployment", "/deployments/", {
      name: "d",
      flow_id: ids.flow,
      work_pool_name: "pool",
      schedules,
      concurrency_limit: 5,
    });
    await made("automation", "/automations/", { name: "a", trigger: { posture: "Reactive" }, actions: [], tags: ["t"] });
    await made("run", "/flow_runs/", { flow_id: ids.flow, state: { type: "RUNNING" } });
    await made("task", "/task_runs/", { flow_run_id: ids.run, task_key: "t", dynamic_key: "0" });
    await made("subflow", "/flow_runs/", { flow_id: ids.flow, parent_task_run_id: ids.task, state: { type: "RUNNING" } });
  });

  const reads: [string, string, string, object?][] = [
    ["a flow", "GET", "/flows/{flow}"],
    ["a flow by name", "GET", "/flows/name/etl"],
    ["a page of flows", "POST", "/flows/paginate", { flows: { name: { like_: "e" } }, deployments: {} }],
    ["a flow run", "GET", "/flow_runs/{run}"],
    ["flow runs by filters", "POST", "/flow_runs/filter", { flow_runs: { state: { type: { any_: ["RUNNING"] } } }, flows: {} }],
    ["a page of flow runs", "POST", "/flow_runs/paginate", { flow_runs: { tags: { all_: ["t"] } } }],
    ["a count of flow runs", "POST", "/flow_runs/count", { task_runs: {} }],
    ["a graph", "GET", "/flow_runs/{run}/graph-v2"],
    [
      "a history",
      "POST",
      "/flow_runs/history",
      { history_start: "2035-01-01", history_end: "2035-01-02", history_interval_seconds: 3600 },
    ],
    ["the states of a run", "GET", "/flow_run_states/?flow_run_id={run}"],
    ["a task run", "GET", "/task_runs/{task}"],
    ["a page of task runs", "POST", "/task_runs/paginate", { flow_runs: {} }],
    ["a deployment", "GET", "/deployments/{deployment}"],
    ["a deployment by names", "GET", "/deployments/name/etl/d"],
    ["a page of deployments", "POST", "/deployments/paginate", { deployments: { tags: { all_: ["t"] } }, work_pools: {} }],
    ["logs", "POST", "/logs/filter", { logs: { flow_run_id: { any_: ["00000000-0000-4000-8000-000000000001"] } } }],
    ["events", "POST", "/events/filter", { filter: { event: { prefix: ["prefect."] } } }],
    ["an automation", "GET", "/automations/{automation}"],
    ["automations by tags", "POST", "/automations/filter", { automations: { tags: { any_: ["t", "u"] } } }],
    ["a count of automations", "POST", "/automations/count"],
    ["automations of a resource", "GET", "/automations/related-to/prefect.deployment.{deployment}"],
    ["a work pool", "GET", "/work_pools/pool"],
    ["a work queue", "GET", "/work_pools/pool/queues/default"],
  ];

  it.each(reads)("reading %s costs one round trip", async (_what, method, path, body) => {
    const full = path.replace(/\{(\w+)\}/g, (_all, name: string) => ids[name] ?? "");
    const answer = await app.request(method, full, body);
    expect([answer.status, answer.roundTrips]).toEqual([200, 1]);
    expect(answer.headers.get("server-timing")).toContain("round trips: 1");
  });

  const set = (id: string | undefined, state: object): Promise<Answer> =>
    app.post(`/flow_runs/${id}/set_state`, { state }, client);

  it("making a run costs two at most, with a deployment or without", async () => {
    const answers = [
      await app.post("/flow_runs/", { flow_id: ids.flow, tags: ["a"], idempotency_key: "k" }),
      await app.post("/flow_runs/", { flow_id: ids.flow, idempotency_key: "k" }),
      await app.post(`/deployments/${ids.deployment}/create_flow_run`, { parameters: { a: 1 }, tags: ["b"] }),
      await app.post(`/deployments/${ids.deployment}/create_flow_run`, { work_queue_name: "new queue" }),
    ];
    expect(answers.map((a) => a.status)).toEqual([201, 200, 201, 201]);
    for (const answer of answers) expect(answer.roundTrips).toBeLessThanOrEqual(2);
  });

  it("a state costs two at most, with a slot of the deployment and without, and for subflow runs", async () => {
    const { body: run } = await app.post(`/deployments/${ids.deployment}/create_flow_run`, {});
    const answers = [
      await set(run.id, { type: "PENDING" }),
      await set(run.id, { type: "RUNNING" }),
      await set(run.id, { type: "COMPLETED", data: { type: "reference", key: "x" } }),
      await set(run.id, { type: "PAUSED" }),
      await set(ids.subflow, { type: "COMPLETED" }),
    ];
    expect(answers.map((a) => a.body.status)).toEqual(["ACCEPT", "ACCEPT", "ACCEPT", "ABORT", "ACCEPT"]);
    // The subflow run's last state was written here, and nobody has touched it since.
    expect(answers.map((a) => a.roundTrips)).toEqual([2, 2, 2, 1, 1]);
  });

  it("a state costs one where this isolate wrote the last one, and two where somebody has touched the run since", async () => {
    const { body: run } = await app.post("/flow_runs/", { flow_id: ids.flow, state: { type: "SCHEDULED" } });
    const first = await set(run.id, { type: "PENDING" });
    await app.patch(`/flow_runs/${run.id}`, { infrastructure_pid: "1" });
    const second = await set(run.id, { type: "RUNNING" });
    expect([first.roundTrips, second.roundTrips]).toEqual([1, 2]);
    expect((await app.get(`/flow_runs/${run.id}`)).body).toMatchObject({
      infrastructure_pid: "1",
      run_count: 1,
      state_type: "RUNNING",
    });
  });

  it("a guess gives way to a limit that the deployment has got meanwhile", async () => {
    const { body: deployment } = await app.post("/deployments/", { name: "free", flow_id: ids.flow });
    const { body: run } = await app.post(`/deployments/${deployment.id}/create_flow_run`, {});
    await app.patch(`/deployments/${deployment.id}`, { concurrency_limit: 1 });
    const taken = await set(run.id, { type: "PENDING" });
    expect([taken.body.status, taken.roundTrips]).toEqual(["ACCEPT", 2]);
    expect(taken.body.state.state_details.deployment_concurrency_lease_id).not.toBeNull();
  });

  it("a guess about a run that was deleted is a 404", async () => {
    const { body: run } = await app.post("/flow_runs/", { flow_id: ids.flow, state: { type: "SCHEDULED" } });
    await app.delete(`/flow_runs/${run.id}`);
    expect((await set(run.id, { type: "PENDING" })).status).toBe(404);
  });

  it("a task run costs two at most, made or moved", async () => {
    const made = await app.post("/task_runs/", { flow_run_id: ids.run, task_key: "u", dynamic_key: "0", tags: ["x"] });
    const moved = await app.post(`/task_runs/${made.body.id}/set_state`, { state: { type: "RUNNING" } });
    expect([made.status, moved.body.status]).toEqual([201, "ACCEPT"]);
    expect(Math.max(made.roundTrips, moved.roundTrips)).toBeLessThanOrEqual(2);
  });

  it("a deployment and its schedule cost two at most", async () => {
    const made = await app.post("/deployments/", {
      name: "other",
      flow_id: ids.flow,
      work_pool_name: "pool",
      work_queue_name: "fresh",
    });
    const scheduled = await app.post(`/deployments/${ids.deployment}/schedule`, { start_time: "2035-01-01T00:00:00Z" });
    expect([made.status, scheduled.status]).toEqual([201, 200]);
    expect(Math.max(made.roundTrips, scheduled.roundTrips)).toBeLessThanOrEqual(2);
  });
});

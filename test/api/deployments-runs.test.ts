import { beforeEach, describe, expect, it } from "vitest";
import { selectDue } from "../../src/store/deployments/poll.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { daily, deploymentTools, nobody, week } from "../support/deployments.ts";
import { movableClock, toldEvents } from "../support/work-pools.ts";

describe("runs of a deployment", () => {
  const clock = movableClock();
  let app: TestApp;
  let flow: string;
  const tools = deploymentTools(() => app);
  beforeEach(async () => {
    app = await testApp({}, { now: clock.now });
    flow = await tools.flow({ labels: { team: "data" } });
  });
  const run = (id: string, body: object = {}) => app.post(`/deployments/${id}/create_flow_run`, body);

  it("have no variables where null is sent for them", async () => {
    const { id } = await tools.deploy(flow);
    expect((await run(id, { job_variables: null })).body.job_variables).toEqual({});
  });

  it("keep each pause key once", async () => {
    const { id } = await tools.deploy(flow);
    const { body } = await run(id, { empirical_policy: { pause_keys: ["a", "b", "a"] } });
    expect(body.empirical_policy.pause_keys).toEqual(["a", "b"]);
  });

  it("take what their deployment has, under what is sent", async () => {
    await app.post("/work_pools/", { name: "p", type: "process" });
    const d = await tools.deploy(flow, {
      version: "7",
      tags: ["prod"],
      parameters: { a: 1, b: { deep: 1 } },
      labels: { tier: 2 },
      work_pool_name: "p",
      job_variables: { cpu: 1 },
    });
    const { status, body } = await run(d.id, {
      name: "r",
      parameters: { b: 2 },
      tags: ["x", "prod"],
      labels: { tier: 3 },
      job_variables: { m: 1 },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: "r",
      flow_id: flow,
      deployment_id: d.id,
      deployment_version: "7",
      parameters: { a: 1, b: 2 },
      tags: ["prod", "x"],
      labels: { team: "data", tier: 3, "prefect.flow.id": flow, "prefect.deployment.id": d.id },
      job_variables: { m: 1 },
      work_queue_name: "default",
      work_pool_name: "p",
      auto_scheduled: false,
      created_by: null,
      state_type: "SCHEDULED",
      state_name: "Scheduled",
    });
    expect(body.next_scheduled_start_time).toBe(body.expected_start_time);
    const [told] = await toldEvents(app.deps(), "prefect.flow-run.%");
    expect(told?.related.map((r) => r["prefect.resource.role"])).toEqual([
      "flow",
      "deployment",
      "work-queue",
      "work-pool",
      "tag",
      "tag",
    ]);
    expect((await run(d.id, { job_variables: null, state: { type: "RUNNING", name: "Custom" } })).body).toMatchObject({
      job_variables: {},
      state_name: "Custom",
      run_count: 1,
    });
  });

  it("go into another queue of the pool, made once however many ask for it", async () => {
    await app.post("/work_pools/", { name: "p", type: "process" });
    const d = await tools.deploy(flow, { work_pool_name: "p" });
    const answers = await Promise.all(Array.from({ length: 5 }, () => run(d.id, { work_queue_name: "made" })));
    expect(answers.map((a) => [a.status, a.body.work_queue_name])).toEqual(Array(5).fill([201, "made"]));
    expect(new Set(answers.map((a) => a.body.work_queue_id)).size).toBe(1);
    expect((await app.get(`/deployments/${d.id}`)).body.work_queue_name).toBe("default");
    const lone = await tools.deploy(flow);
    expect(await run(lone.id, { work_queue_name: "q" })).toMatchObject({
      status: 400,
      body: {
        detail: `Cannot create flow run in work queue q because deployment ${lone.id} is not associated with a work pool. Please remove work_pool_name and try again.`,
      },
    });
  });

  it("are one for each flow and key, over all deployments and at the same time", async () => {
    const [a, b] = [await tools.deploy(flow), await tools.deploy(flow)];
    const other = await tools.deploy(await tools.flow());
    const answers = await Promise.all([a, b, a, b].map((d) => run(d.id, { idempotency_key: "k" })));
    expect(new Set(answers.map((r) => r.body.id)).size).toBe(1);
    expect(answers.map((r) => r.status).sort()).toEqual([200, 200, 200, 201]);
    expect((await run(other.id, { idempotency_key: "k" })).status).toBe(201);
    for (const key of [null, null, ""]) expect((await run(a.id, { idempotency_key: key })).status).toBe(201);
    expect((await app.post("/flow_runs/count")).body).toBe(5);
    expect(await toldEvents(app.deps(), "prefect.flow-run.%")).toHaveLength(5);
  });

  it("are refused by the first thing that does not fit", async () => {
    await app.post("/work_pools/", {
      name: "p",
      type: "process",
      base_job_template: {
        job_configuration: { image: "{{ image }}" },
        variables: { type: "object", required: ["image"], properties: { image: { type: "string" } } },
      },
    });
    const schema = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
    const d = await tools.deploy(flow, { parameter_openapi_schema: schema, work_pool_name: "p" });
    const image = { job_variables: { image: "python" } };
    const placeholder = { __prefect_kind: "jinja" };
    const refusals = [
      [
        { parameters: { n: placeholder } },
        400,
        "Error hydrating flow run parameters: Missing 'template' key in __prefect object",
      ],
      [
        { parameters: { n: "x" } },
        409,
        "Error creating flow run: Validation failed for field 'n'. Failure reason: 'x' is not of type 'integer'",
      ],
      [{}, 409, "Error creating flow run: Validation failed. Failure reason: 'n' is a required property"],
      [
        { parameters: { n: 1 } },
        422,
        "Error creating flow run: Validation failed. Failure reason: 'image' is a required property",
      ],
    ] as const;
    for (const [body, status, detail] of refusals) expect(await run(d.id, body)).toMatchObject({ status, body: { detail } });
    const conflicts = [{ parent_task_run_id: nobody }, { infrastructure_document_id: nobody }];
    for (const body of conflicts) expect((await run(d.id, { ...image, parameters: { n: 1 }, ...body })).status).toBe(409);
    for (const body of [{ parameters: null }, { tags: "x" }, { flow_id: flow }, { state: { type: "NONSENSE" } }, undefined])
      expect((await app.post(`/deployments/${d.id}/create_flow_run`, body)).status).toBe(422);
    expect((await run(nobody)).body).toEqual({ detail: "Deployment not found" });
    expect((await app.post("/flow_runs/count")).body).toBe(0);
    expect((await run(d.id, { ...image, parameters: { n: "x" }, enforce_parameter_schema: false })).status).toBe(201);
    expect((await run(d.id, { ...image, parameters: { n: { __prefect_kind: "json", value: "5" } } })).body.parameters).toEqual({
      n: 5,
    });
  });

  it("are made a hundred at once, each judged for itself, in two round trips", async () => {
    const schema = { type: "object", properties: { n: { type: "integer", default: 1 } } };
    await app.post("/work_pools/", { name: "p", type: "process" });
    const d = await tools.deploy(flow, { parameter_openapi_schema: schema, work_pool_name: "p" });
    const bulk = (body: unknown) => app.post(`/deployments/${d.id}/create_flow_run/bulk`, body);
    const { body, roundTrips } = await bulk([
      { name: "one", idempotency_key: "k" },
      { name: "two", idempotency_key: "k" },
      { parameters: { n: "x" } },
      { work_queue_name: "made" },
      { work_queue_name: "made", parent_task_run_id: nobody },
      { parameters: { n: { __prefect_kind: "json", value: "{" } } },
    ]);
    expect(roundTrips).toBe(2);
    const [one, two, ...rest] = body.results;
    expect(two).toEqual(one);
    expect(rest.map((r: { status: string }) => r.status)).toEqual(["FAILED", "CREATED", "FAILED", "FAILED"]);
    expect(rest[0].error).toBe(
      "Parameter validation failed: Validation failed for field 'n'. Failure reason: 'x' is not of type 'integer'",
    );
    const hundred = await bulk(Array.from({ length: 100 }, () => ({ tags: ["many"] })));
    expect(new Set(hundred.body.results.map((r: { flow_run_id: string }) => r.flow_run_id)).size).toBe(100);
    expect((await app.post("/flow_runs/count", { flow_runs: { tags: { all_: ["many"] } } })).body).toBe(100);
    expect(await bulk(Array.from({ length: 101 }, () => ({})))).toMatchObject({
      status: 400,
      body: { detail: "Cannot create more than 100 flow runs at once." },
    });
    expect((await bulk([])).body).toEqual({ results: [] });
    expect((await bulk([{ unknown: 1 }])).status).toBe(422);
    expect((await app.post(`/deployments/${nobody}/create_flow_run/bulk`, [])).status).toBe(404);
  });

  it("name the automation that made them", async () => {
    const d = await tools.deploy(flow);
    const headers = { "prefect-automation-id": nobody, "prefect-automation-name": btoa("mine") };
    const { body } = await app.post(`/deployments/${d.id}/create_flow_run`, {}, headers);
    expect(body.created_by).toEqual({ id: nobody, type: "AUTOMATION", display_value: "mine" });
  });

  describe("that go", () => {
    const past = { start_time: "2020-01-01T00:00:00Z", end_time: "2020-01-01T12:00:00Z" };
    let d: string;
    let schedule: string;
    // One auto-scheduled run that is past, one that is future, one future run made by hand, one run that has started.
    const [pastRun, futureRun, handRun, startedRun] = ["past", "future", "by hand", "started"];
    beforeEach(async () => {
      const made = await tools.deploy(flow, { name: "d", schedules: [{ schedule: daily, slug: "s" }] });
      d = made.id;
      schedule = made.schedules[0].id;
      await app.post(`/deployments/${d}/schedule`, past);
      await app.post(`/deployments/${d}/schedule`, { start_time: "2035-01-01T00:00:00Z", end_time: "2035-01-01T12:00:00Z" });
      const scheduled = { type: "SCHEDULED", state_details: { scheduled_time: "2035-02-01T00:00:00Z" } };
      await run(d, { state: scheduled });
      await run(d, { state: { type: "RUNNING" } });
    });
    const left = async () => {
      const { body } = await app.post("/flow_runs/filter", { sort: "EXPECTED_START_TIME_ASC" });
      return body.map((r: { auto_scheduled: boolean; state_type: string; expected_start_time: string }) =>
        r.state_type === "RUNNING"
          ? startedRun
          : !r.auto_scheduled
            ? handRun
            : r.expected_start_time < "2021"
              ? pastRun
              : futureRun,
      );
    };
    it.each([
      ["an update", () => app.patch(`/deployments/${d}`, {}), [pastRun, startedRun, handRun]],
      ["an update that pauses", () => app.patch(`/deployments/${d}`, { paused: true }), [pastRun, startedRun, handRun]],
      ["a second creation", () => app.post("/deployments/", { name: "d", flow_id: flow }), [pastRun, startedRun, handRun]],
      [
        "a change of a schedule",
        () => app.patch(`/deployments/${d}/schedules/${schedule}`, { active: true }),
        [pastRun, startedRun, handRun],
      ],
      ["a pause", () => app.post(`/deployments/${d}/pause_deployment`), [startedRun, handRun]],
      ["the deletion of a schedule", () => app.delete(`/deployments/${d}/schedules/${schedule}`), [startedRun, handRun]],
      ["a deletion", () => app.delete(`/deployments/${d}`), [startedRun]],
      ["a deletion in bulk", () => app.post("/deployments/bulk_delete"), [startedRun]],
      ["a resumption", () => app.post(`/deployments/${d}/resume_deployment`), [pastRun, startedRun, futureRun, handRun]],
      [
        "a new schedule",
        () => app.post(`/deployments/${d}/schedules`, [{ schedule: daily }]),
        [pastRun, startedRun, futureRun, handRun],
      ],
    ])("after %s", async (_, change, expected) => {
      expect(await left()).toEqual([pastRun, startedRun, futureRun, handRun]);
      expect((await change()).status).toBeLessThan(300);
      expect(await left()).toEqual(expected);
    });

    it("are not those that wait for a slot", async () => {
      const body = { sort: "EXPECTED_START_TIME_ASC", flow_runs: { expected_start_time: { after_: "2035-01-01T00:00:00Z" } } };
      const [future] = (await app.post("/flow_runs/filter", body)).body;
      const state = {
        type: "SCHEDULED",
        name: "AwaitingConcurrencySlot",
        state_details: { scheduled_time: "2035-01-01T09:00:00Z" },
      };
      await app.post(`/flow_runs/${future.id}/set_state`, { state, force: true });
      await app.delete(`/deployments/${d}`);
      expect(await left()).toEqual([startedRun, futureRun]);
    });
  });

  describe("that are polled", () => {
    const poll = async (body: object) => {
      const answer = await app.post("/deployments/get_scheduled_flow_runs", body);
      await app.settled();
      return answer;
    };
    it("come by their time, over all deployments, within bounds and limit", async () => {
      const a = await tools.deploy(flow, { schedules: [{ schedule: daily }] });
      const b = await tools.deploy(flow);
      await app.post(`/deployments/${a.id}/schedule`, week);
      await run(b.id, { state: { type: "SCHEDULED", state_details: { scheduled_time: "2034-12-31T00:00:00Z" } } });
      await run(b.id, { state: { type: "COMPLETED" } });
      await app.post(`/deployments/${a.id}/pause_deployment`);
      await app.post(`/deployments/${a.id}/schedule`, week);
      const times = async (body: object) =>
        (await poll(body)).body.map((r: { next_scheduled_start_time: string }) => r.next_scheduled_start_time.slice(0, 10));
      expect(await times({ deployment_ids: [a.id], scheduled_before: "2035-01-02T09:00:00Z" })).toEqual([
        "2035-01-01",
        "2035-01-02",
      ]);
      expect(await times({ deployment_ids: [a.id, b.id, a.id], limit: 3 })).toEqual(["2034-12-31", "2035-01-01", "2035-01-02"]);
      expect(await times({ deployment_ids: [] })).toEqual([]);
      expect(await times({ deployment_ids: [nobody] })).toEqual([]);
      expect((await poll({})).status).toBe(422);
      expect((await poll({ deployment_ids: [a.id], limit: 201 })).status).toBe(422);
    });

    it("make their deployment ready, told once, until nobody polls for a minute", async () => {
      const { id, updated } = await tools.deploy(flow);
      const status = async () => (await app.get(`/deployments/${id}`)).body.status;
      expect((await poll({ deployment_ids: [id, nobody] })).roundTrips).toBeLessThanOrEqual(2);
      await poll({ deployment_ids: [id] });
      expect(await status()).toBe("READY");
      expect((await app.get(`/deployments/${id}`)).body.updated).toBe(updated);
      expect((await toldEvents(app.deps(), "prefect.deployment.ready")).map((e) => e.related.length)).toEqual([1]);
      clock.advance(61);
      expect(await status()).toBe("NOT_READY");
      await poll({ deployment_ids: [id] });
      expect(await status()).toBe("READY");
    });

    it("are found by an index, without a look at other deployments' runs", async () => {
      const statement = selectDue({ deployment_ids: ["a", "b"], scheduled_before: 1, limit: 10, now: 1 });
      const plan = await app.deps().db.execute({ sql: `explain query plan ${statement.sql}`, args: statement.args });
      const steps = plan.rows.map((row) => String(row[3]));
      const searched = steps.filter((step) => step.startsWith("SEARCH r USING INDEX ix_flow_run__deployment"));
      expect(searched).toHaveLength(1);
      expect(searched[0]).toMatch(/deployment_id=\? AND (state_type=\? AND )?next_scheduled_start_time<\?/);
      expect(steps.filter((step) => /^SCAN (r|p|q|s|a)\b/.test(step))).toEqual([]);
    });
  });
});

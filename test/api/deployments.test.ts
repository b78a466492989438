import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";
import { daily, deploymentTools, nobody } from "../support/deployments.ts";
import { toldEvents } from "../support/work-pools.ts";

describe("deployments", () => {
  let app: TestApp;
  let flow: string;
  const tools = deploymentTools(() => app);
  beforeEach(async () => {
    app = await testApp();
    flow = await tools.flow({ labels: { team: "data", tier: 1 } });
  });
  const post = (body: object) => app.post("/deployments/", { name: "d", flow_id: flow, ...body });
  const get = async (id: string) => (await app.get(`/deployments/${id}`)).body;

  it("are created with defaults, once per flow and name", async () => {
    const first = await post({});
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      name: "d",
      flow_id: flow,
      paused: false,
      schedules: [],
      tags: [],
      parameters: {},
      job_variables: {},
      pull_steps: [],
      parameter_openapi_schema: {},
      enforce_parameter_schema: true,
      labels: { team: "data", tier: 1, "prefect.flow.id": flow },
      status: "NOT_READY",
      concurrency_limit: null,
      global_concurrency_limit: null,
      work_queue_id: null,
      work_pool_name: null,
    });
    const again = await post({});
    expect([again.status, again.body.id, again.body.created]).toEqual([200, first.body.id, first.body.created]);
    expect(again.body.updated > first.body.updated).toBe(true);
    const other = await tools.flow();
    expect((await app.post("/deployments/", { name: "d", flow_id: other })).status).toBe(201);
    expect((await app.post("/deployments/count")).body).toBe(2);
  });

  it("keep on a second creation what is not sent, but for schedules, parameters and labels", async () => {
    const sent = {
      description: "x",
      version: "1",
      paused: true,
      tags: ["a", "a", "b"],
      job_variables: { k: 1 },
      pull_steps: [{ s: {} }],
      parameters: { n: 1 },
      labels: { tier: 2 },
      schedules: [{ schedule: daily, slug: "s" }],
      concurrency_limit: 3,
    };
    const { body: first } = await post(sent);
    const { schedules, parameters, labels, updated, ...kept } = first;
    expect(schedules).toHaveLength(1);
    const { body: second } = await post({});
    expect(second).toMatchObject(kept);
    expect(second).toMatchObject({ schedules: [], parameters: {}, labels: { team: "data", tier: 1, "prefect.flow.id": flow } });
    const cleared = await post({ description: null, pull_steps: null, concurrency_limit: null, job_variables: {}, tags: [] });
    expect(cleared.body).toMatchObject({
      description: null,
      pull_steps: null,
      global_concurrency_limit: null,
      job_variables: {},
    });
    expect((await app.post("/v2/concurrency_limits/filter", {})).body).toEqual([]);
    expect((await app.post("/deployments/count", { deployments: { tags: { any_: ["a"] } } })).body).toBe(0);
  });

  it.each([
    [{ name: "a/b" }, 422],
    [{ name: 5 }, 422],
    [{ flow_id: "nope" }, 422],
    [{ paused: null }, 422],
    [{ tags: null }, 422],
    [{ schedules: null }, 422],
    [{ parameters: [1] }, 422],
    [{ parameters: { x: "é".repeat(90_000) } }, 422],
    [{ status: "READY" }, 422],
    [{ schedule: null }, 422],
    [{ concurrency_limit: 0 }, 422],
    [{ concurrency_limit: 1, global_concurrency_limit_id: nobody }, 422],
    [{ concurrency_options: {} }, 422],
    [{ concurrency_options: { collision_strategy: "ENQUEUE", grace_period_seconds: 59 } }, 422],
    [{ enforce_parameter_schema: true, parameter_openapi_schema: { type: "nonsense" } }, 422],
    [{ schedules: [{ schedule: daily, max_scheduled_runs: 51 }] }, 422],
    [{ flow_id: nobody }, 409],
    [{ infrastructure_document_id: nobody }, 409],
    [{ storage_document_id: nobody }, 409],
    [
      {
        schedules: [
          { schedule: daily, slug: "s" },
          { schedule: daily, slug: "s" },
        ],
      },
      409,
    ],
    [{ work_pool_name: "nope" }, 404],
    [{ global_concurrency_limit_id: nobody }, 404],
  ])("refuse %j with %i and store nothing", async (body, status) => {
    expect((await post({ work_queue_name: "made by the way", ...body })).status).toBe(status);
    expect((await app.post("/deployments/count")).body).toBe(0);
    expect((await app.post("/work_queues/filter", {})).body).toEqual([]);
  });

  it("name the automation that made them, and the one that made them again", async () => {
    const by = (name: string) => ({ "prefect-automation-id": nobody, "prefect-automation-name": btoa(name) });
    const shown = (display_value: string) => ({ id: nobody, type: "AUTOMATION", display_value });
    const made = await app.post("/deployments/", { name: "d", flow_id: flow }, by("one"));
    expect(made.body).toMatchObject({ created_by: shown("one"), updated_by: shown("one") });
    const again = await app.post("/deployments/", { name: "d", flow_id: flow }, by("two"));
    expect(again.body).toMatchObject({ created_by: shown("one"), updated_by: shown("two") });
    expect((await post({})).body).toMatchObject({ created_by: shown("one"), updated_by: null });
  });

  it("drop members of older clients without a word", async () => {
    const body = { worker_pool_queue_id: nobody, worker_pool_name: "a", worker_pool_queue_name: "b", work_pool_queue_name: "c" };
    expect((await post(body)).body).toMatchObject({ work_queue_name: null });
  });

  it("are read by id and by exact names", async () => {
    const { body } = await post({ name: "my deployment #1?" });
    const { name } = (await app.get(`/flows/${flow}`)).body;
    const path = (f: string, d: string) => `/deployments/name/${encodeURIComponent(f)}/${encodeURIComponent(d)}`;
    expect((await app.get(path(name, body.name))).body).toEqual(body);
    expect((await app.get(path(name.toUpperCase(), body.name))).body).toEqual({ detail: "Deployment not found" });
    expect((await app.get(`/deployments/${nobody}`)).body).toEqual({ detail: "Deployment not found" });
    expect((await app.get("/deployments/not-a-uuid")).body).toEqual({ detail: "Not Found" });
  });

  it("change what is sent, where null and absent differ", async () => {
    const { body } = await post({ description: "x", version: "1", parameters: { n: 1 }, job_variables: { a: 1 }, tags: ["a"] });
    expect((await app.patch(`/deployments/${body.id}`, { description: null, job_variables: null, tags: ["b"] })).status).toBe(
      204,
    );
    expect(await get(body.id)).toMatchObject({
      description: null,
      version: "1",
      parameters: { n: 1 },
      job_variables: { a: 1 },
      tags: ["b"],
    });
    await app.patch(`/deployments/${body.id}`, { parameter_openapi_schema: {}, job_variables: {} });
    expect(await get(body.id)).toMatchObject({ parameter_openapi_schema: { type: "object", properties: {} }, job_variables: {} });
    expect((await app.post("/deployments/count", { deployments: { tags: { all_: ["b"] } } })).body).toBe(1);
    const before = (await get(body.id)).updated;
    expect((await app.patch(`/deployments/${body.id}`, {})).status).toBe(204);
    expect((await get(body.id)).updated > before).toBe(true);
    for (const refused of [{ paused: null }, { tags: null }, { schedules: null }, { name: "x" }, { labels: {} }])
      expect((await app.patch(`/deployments/${body.id}`, refused)).status).toBe(422);
    for (const conflict of [{ parameters: null }, { enforce_parameter_schema: null }, { storage_document_id: nobody }])
      expect((await app.patch(`/deployments/${body.id}`, conflict)).status).toBe(409);
    expect((await app.patch(`/deployments/${nobody}`, {})).body).toEqual({ detail: "Deployment not found." });
  });

  it("answer an update by the first thing that does not fit", async () => {
    await app.post("/work_pools/", {
      name: "p",
      type: "process",
      base_job_template: {
        job_configuration: { cpu: "{{ cpu }}" },
        variables: { type: "object", properties: { cpu: { type: "integer" } } },
      },
    });
    const schema = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
    const { body } = await post({ parameter_openapi_schema: schema, schedules: [{ schedule: daily, slug: "s" }] });
    const faults = [
      [{ schedules: [{ schedule: daily }] }, 422, "Please provide a slug"],
      [{ work_pool_name: "p", job_variables: { cpu: "two" } }, 409, "Error creating deployment: <ValidationError"],
      [{ parameters: { n: { __prefect_kind: "json", value: "{" } } }, 400, "Error hydrating deployment parameters: Invalid JSON"],
      [
        { parameters: { n: "text" } },
        409,
        "Error updating deployment: Validation failed for field 'n'. Failure reason: 'text' is not of type 'integer'",
      ],
      [{ global_concurrency_limit_id: nobody }, 404, "Concurrency limit not found"],
    ] as const;
    for (let i = 0; i < faults.length; i++) {
      const together = Object.assign(
        {},
        ...faults
          .slice(i)
          .map(([fault]) => fault)
          .reverse(),
      );
      const answer = await app.patch(`/deployments/${body.id}`, together);
      expect([answer.status, answer.body.detail.startsWith(faults[i]?.[2])]).toEqual([faults[i]?.[1], true]);
    }
    expect((await get(body.id)).updated).toBe(body.updated);
  });

  it("are put into the queue that is named: the pool's default one, another that is made, or one of the agents' pool", async () => {
    const { body: pool } = await app.post("/work_pools/", { name: "p", type: "process" });
    const { body } = await post({ work_pool_name: "p" });
    expect(body).toMatchObject({ work_pool_name: "p", work_queue_name: "default", work_queue_id: pool.default_queue_id });
    await app.patch(`/deployments/${body.id}`, { work_pool_name: "p", work_queue_name: "made" });
    expect(await get(body.id)).toMatchObject({ work_pool_name: "p", work_queue_name: "made" });
    expect((await app.get("/work_pools/p/queues/made")).status).toBe(200);
    await app.patch(`/deployments/${body.id}`, { work_pool_name: null });
    expect(await get(body.id)).toMatchObject({ work_pool_name: null, work_queue_name: "made", work_queue_id: null });
    await app.patch(`/deployments/${body.id}`, { work_queue_name: "lone" });
    expect(await get(body.id)).toMatchObject({ work_pool_name: "default-agent-pool", work_queue_name: "lone" });
    expect((await app.patch(`/deployments/${body.id}`, { work_pool_name: "nope" })).body).toEqual({
      detail: 'Work pool "nope" not found.',
    });
    await app.delete("/work_pools/default-agent-pool");
    expect(await get(body.id)).toMatchObject({ work_pool_name: null, work_queue_name: "lone", work_queue_id: null });
  });

  it("share a limit, have one of their own, and lose it with a null", async () => {
    const { body: shared } = await app.post("/v2/concurrency_limits/", { name: "shared", limit: 9 });
    const { body } = await post({ concurrency_limit: 2 });
    expect(body.global_concurrency_limit).toMatchObject({ name: `deployment:${body.id}`, limit: 2, active_slots: 0 });
    await app.patch(`/deployments/${body.id}`, { concurrency_limit: 5 });
    expect((await get(body.id)).global_concurrency_limit).toMatchObject({ id: body.global_concurrency_limit.id, limit: 5 });
    await app.patch(`/deployments/${body.id}`, { global_concurrency_limit_id: shared.id, concurrency_limit: null });
    expect((await get(body.id)).global_concurrency_limit).toMatchObject({ name: "shared", limit: 9 });
    expect((await app.patch(`/deployments/${body.id}`, { global_concurrency_limit_id: null })).status).toBe(204);
    const taken = await app.patch(`/deployments/${body.id}`, { concurrency_limit: 1 });
    expect(taken.status).toBe(409);
    expect((await get(body.id)).global_concurrency_limit).toBeNull();
    await app.patch(`/deployments/${body.id}`, { global_concurrency_limit_id: shared.id });
    await app.patch(`/deployments/${body.id}`, { concurrency_limit: 4 });
    expect((await app.get(`/v2/concurrency_limits/${shared.id}`)).body.limit).toBe(4);
    await app.delete(`/deployments/${body.id}`);
    expect((await app.get(`/v2/concurrency_limits/${shared.id}`)).status).toBe(404);
  });

  it("page by a filter with a count, fifty at once", async () => {
    for (let i = 0; i < 60; i++) await post({ name: `d${String(i).padStart(2, "0")}`, tags: [i % 2 === 0 ? "even" : "odd"] });
    const { body } = await app.post("/deployments/paginate", {
      limit: 50,
      deployments: { tags: { all_: ["even"] } },
      sort: "NAME_DESC",
    });
    expect(body).toMatchObject({ count: 30, pages: 1, limit: 50, page: 1 });
    expect(body.results.slice(0, 2).map((d: { name: string }) => d.name)).toEqual(["d58", "d56"]);
    const last = await app.post("/deployments/paginate", { limit: 50, page: 2 });
    expect([last.body.results.length, last.body.pages]).toEqual([10, 2]);
    expect((await app.post("/deployments/paginate", { limit: 0 })).body).toMatchObject({ results: [], pages: 0, count: 60 });
    expect((await app.post("/deployments/filter", { limit: 201 })).body).toEqual({
      detail: "Invalid limit: must be less than or equal to 200.",
    });
  });

  it("are told once when they are made, changed and deleted, with what they belong to", async () => {
    await app.post("/work_pools/", { name: "p", type: "process" });
    const { body } = await post({ work_pool_name: "p", work_queue_name: "made", concurrency_limit: 1 });
    await app.patch(`/deployments/${body.id}`, { description: "new", work_queue_name: "other", work_pool_name: "p" });
    await app.patch(`/deployments/${body.id}`, { description: "new" });
    await app.patch(`/deployments/${body.id}`, {
      parameters: { n: "x" },
      parameter_openapi_schema: { properties: { n: { type: "integer" } } },
    });
    const { work_queue_id } = await get(body.id);
    await app.delete(`/deployments/${body.id}`);
    const told = await toldEvents(app.deps(), "prefect.deployment.%");
    expect(told.map((e) => e.event)).toEqual(["created", "updated", "deleted"].map((what) => `prefect.deployment.${what}`));
    expect(told[0]?.related.map((r) => r["prefect.resource.role"])).toEqual([
      "flow",
      "work-queue",
      "work-pool",
      "concurrency-limit",
    ]);
    expect(told[1]?.payload).toEqual({
      updated_fields: ["description", "work_queue_id"],
      updates: { description: { from: null, to: "new" }, work_queue_id: { from: body.work_queue_id, to: work_queue_id } },
    });
    expect(told.every((e) => e.related.length === 4)).toBe(true);
  });

  it("are deleted in bulk, the first by name", async () => {
    for (const name of ["c", "a", "b"]) await post({ name, tags: ["old"], concurrency_limit: 1 });
    await post({ name: "young" });
    expect((await app.post("/deployments/bulk_delete", { limit: 51 })).status).toBe(422);
    const { body } = await app.post("/deployments/bulk_delete", { deployments: { tags: { all_: ["old"] } }, limit: 2 });
    expect(body.deleted).toHaveLength(2);
    const left = (await app.post("/deployments/filter", {})).body.map((d: { name: string }) => d.name);
    expect(left).toEqual(["c", "young"]);
    expect((await app.post("/v2/concurrency_limits/filter", {})).body).toHaveLength(1);
    expect(await toldEvents(app.deps(), "prefect.deployment.deleted")).toHaveLength(2);
  });

  it("are checked against every work queue, whose tags and deployments fit, in the order of their creation", async () => {
    const { id } = (await post({ tags: ["a", "b", "c"] })).body;
    const queues = [
      { name: "zebra", filter: { tags: ["b"] } },
      { name: "apple", filter: { tags: ["a", "c"] } },
      { name: "other tag", filter: { tags: ["a", "d"] } },
      { name: "mango", filter: { deployment_ids: [id] } },
      { name: "other deployment", filter: { deployment_ids: [nobody] } },
    ];
    for (const queue of queues) expect((await app.post("/work_queues/", queue)).status).toBe(201);
    const { body } = await app.get(`/deployments/${id}/work_queue_check`);
    expect(body.map((queue: { name: string }) => queue.name)).toEqual(["default", "zebra", "apple", "mango"]);
  });

  it("cost one round trip read or deleted, two where something is decided", async () => {
    const created = await post({ schedules: [{ schedule: daily }], work_queue_name: "q", concurrency_limit: 1 });
    const { id } = created.body;
    const answers = [
      created,
      await post({ description: "again" }),
      await app.patch(`/deployments/${id}`, { description: "x", schedules: [] }),
      await app.get(`/deployments/${id}`),
      await app.post("/deployments/paginate", { deployments: { name: { like_: "d" } } }),
      await app.post(`/deployments/${id}/pause_deployment`),
      await app.get(`/deployments/${id}/schedules`),
      await app.delete(`/deployments/${id}`),
    ];
    expect(answers.map((a) => a.roundTrips)).toEqual([2, 2, 2, 1, 1, 1, 1, 1]);
  });
});

describe("writes at the same time", () => {
  it("make one deployment of several creations and lose no update", async () => {
    const app = await testApp();
    const flow_id = (await app.post("/flows/", { name: "f" })).body.id;
    const made = await Promise.all(Array.from({ length: 6 }, () => app.post("/deployments/", { name: "d", flow_id })));
    expect(new Set(made.map((a) => a.body.id)).size).toBe(1);
    expect(made.filter((a) => a.status === 201)).toHaveLength(1);
    const id = made[0]?.body.id;
    const changes = [{ description: "x" }, { version: "2" }, { path: "/p" }, { entrypoint: "e" }, { tags: ["t"] }];
    const answers = await Promise.all(changes.map((change) => app.patch(`/deployments/${id}`, change)));
    expect(answers.map((a) => a.status)).toEqual([204, 204, 204, 204, 204]);
    expect((await app.get(`/deployments/${id}`)).body).toMatchObject(Object.assign({}, ...changes));
    const told = await toldEvents(app.deps(), "prefect.deployment.%");
    expect(told.map((e) => e.event).sort()).toEqual([
      "prefect.deployment.created",
      ...Array(5).fill("prefect.deployment.updated"),
    ]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";
import { movableClock, storeFlow, storeRun, toldEvents } from "../support/work-pools.ts";

const template = {
  job_configuration: { command: "{{ command }}", env: { list: ["{{ cpu }}"] } },
  variables: { type: "object", properties: { command: { type: "string" }, cpu: { type: "integer", default: 2 } } },
};

describe("work pools", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });
  const make = async (name: string, more: object = {}) =>
    (await app.post("/work_pools/", { name, type: "process", ...more })).body;

  it("creates a pool with its default queue in one round trip and tells it in order", async () => {
    const answer = await app.post("/work_pools/", {
      name: "p",
      type: "process",
      concurrency_limit: 3,
      base_job_template: template,
    });
    expect(answer.status).toBe(201);
    expect(answer.roundTrips).toBe(1);
    expect(answer.body).toMatchObject({
      name: "p",
      status: "NOT_READY",
      active_slots: 0,
      base_job_template: template,
      description: null,
    });
    expect(answer.body.storage_configuration).toEqual({
      bundle_upload_step: null,
      bundle_execution_step: null,
      default_result_storage_block_id: null,
    });
    expect((await app.get("/work_pools/p")).body).toEqual(answer.body);
    const queue = (await app.get("/work_pools/p/queues/default")).body;
    expect(queue).toMatchObject({ id: answer.body.default_queue_id, priority: 1, description: "The work pool's default queue." });
    const told = await toldEvents(app.deps());
    expect(told.map((e) => e.event)).toEqual([
      "prefect.work-queue.created",
      "prefect.work-pool.created",
      "prefect.work-pool.not-ready",
    ]);
    expect(told.map((e) => e.related.length)).toEqual([1, 1, 0]);
    expect(told[1]?.related).toEqual([
      { "prefect.resource.id": `prefect.work-queue.${queue.id}`, "prefect.resource.role": "default-queue" },
    ]);
    expect(told[2]?.resource).not.toHaveProperty("prefect.resource.role");
  });

  it("answers 409 for a taken name and leaves nothing behind", async () => {
    await make("p");
    const answer = await app.post("/work_pools/", { name: "p", type: "docker" });
    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({ detail: "A work pool with this name already exists." });
    expect(await toldEvents(app.deps())).toHaveLength(3);
    expect((await app.post("/work_queues/filter")).body).toHaveLength(1);
  });

  it("makes one pool of several creations at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => app.post("/work_pools/", { name: "p", type: "process" })));
    expect(answers.map((a) => a.status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    expect(await toldEvents(app.deps(), "prefect.work-pool.created")).toHaveLength(1);
  });

  it.each([
    [{ name: "" }, 422],
    [{ name: " '\" " }, 422],
    [{ name: "a/b" }, 422],
    [{ name: "q", concurrency_limit: -1 }, 422],
    [{ name: "q", status: "READY" }, 422],
    [{ name: "q", type: null }, 422],
    [{ name: "q", storage_configuration: { bucket: "b" } }, 422],
    [{ name: "q", base_job_template: { variables: {} } }, 422],
    [{ name: "q", base_job_template: { job_configuration: { a: "{{ x }}" }, variables: { properties: { y: {} } } } }, 422],
    [{ name: "PREFECT-x" }, 403],
  ])("refuses %j", async (body, status) => {
    expect((await app.post("/work_pools/", body)).status).toBe(status);
    expect((await app.post("/work_pools/count")).body).toBe(0);
  });

  it("checks the defaults of a template on creation alone", async () => {
    const wrong = { job_configuration: { a: "{{ x }}" }, variables: { properties: { x: { type: "integer", default: "no" } } } };
    const refused = await app.post("/work_pools/", { name: "p", base_job_template: wrong });
    expect(refused.status).toBe(422);
    expect(refused.body.detail).toBe(
      "Validation failed for work pool's job variable defaults: Validation failed for field 'x'. Failure reason: 'no' is not valid under any of the given schemas",
    );
    await make("p");
    expect((await app.patch("/work_pools/p", { base_job_template: wrong })).status).toBe(204);
    const block = {
      job_configuration: { a: 1 },
      variables: { properties: { x: { default: { $ref: { block_document_id: "no" } } } } },
    };
    expect((await app.post("/work_pools/", { name: "q", base_job_template: block })).body).toEqual({
      detail: "Block not found.",
    });
  });

  it("changes only what is sent, tells what really changed and costs two round trips", async () => {
    const pool = await make("p", { description: "first", concurrency_limit: 2 });
    const answer = await app.patch("/work_pools/p", { description: "second", concurrency_limit: 2, storage_configuration: {} });
    expect(answer.status).toBe(204);
    expect(answer.roundTrips).toBe(2);
    expect((await app.get("/work_pools/p")).body).toMatchObject({ description: "second", concurrency_limit: 2, id: pool.id });
    const [event, ...more] = await toldEvents(app.deps(), "prefect.work-pool.updated");
    expect(more).toEqual([]);
    expect(event?.payload).toEqual({
      updated_fields: ["description"],
      updates: { description: { from: "first", to: "second" } },
    });
    await app.patch("/work_pools/p", { description: null, concurrency_limit: null });
    expect((await app.get("/work_pools/p")).body).toMatchObject({
      description: null,
      concurrency_limit: null,
      active_slots: null,
    });
    expect((await app.patch("/work_pools/p", {})).status).toBe(204);
    expect((await app.patch("/work_pools/p", { name: "other" })).status).toBe(422);
    expect((await app.patch("/work_pools/p", { is_paused: null })).status).toBe(409);
    expect((await app.patch("/work_pools/nope", {})).body).toEqual({ detail: 'Work pool "nope" not found.' });
    expect((await app.patch("/work_pools/prefect-x", { is_paused: true })).status).toBe(404);
    expect((await app.patch("/work_pools/prefect-x", { description: "x" })).status).toBe(403);
  });

  it("keeps both of two updates at the same time and tells each change once", async () => {
    await make("p");
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        app.patch("/work_pools/p", i % 2 === 0 ? { description: `d${i}` } : { concurrency_limit: i }),
      ),
    );
    const told = await toldEvents(app.deps(), "prefect.work-pool.updated");
    expect(told).toHaveLength(6);
    const { description, concurrency_limit } = (await app.get("/work_pools/p")).body;
    let [text, limit]: unknown[] = [null, null];
    const left = told.map((e) => JSON.parse(JSON.stringify(e.payload)).updates);
    while (left.length > 0) {
      const next = left.findIndex((u) => (u.description ? u.description.from === text : u.concurrency_limit.from === limit));
      expect(next, "every change starts from the one before").toBeGreaterThanOrEqual(0);
      const [update] = left.splice(next, 1);
      if (update.description) text = update.description.to;
      else limit = update.concurrency_limit.to;
    }
    expect([text, limit]).toEqual([description, concurrency_limit]);
  });

  it("hides where results are kept from clients that fail on it", async () => {
    await make("p");
    const old = { "user-agent": "prefect/3.3.7 (API 0.8.4)" };
    expect((await app.get("/work_pools/p", old)).body.storage_configuration).not.toHaveProperty(
      "default_result_storage_block_id",
    );
    const [listed] = (await app.post("/work_pools/filter", {}, old)).body;
    expect(listed.storage_configuration).toEqual({ bundle_upload_step: null, bundle_execution_step: null });
    const newer = { "user-agent": "prefect/3.3.8 (API 0.8.4)" };
    expect((await app.get("/work_pools/p", newer)).body.storage_configuration).toHaveProperty(
      "default_result_storage_block_id",
      null,
    );
  });

  it("deletes a pool with its queues and workers, keeps its runs, and tells queues before the pool", async () => {
    const pool = await make("p");
    const extra = (await app.post("/work_pools/p/queues", { name: "extra" })).body;
    await app.post("/work_pools/p/workers/heartbeat", { name: "w" });
    const deps = app.deps();
    const run = await storeRun(deps, await storeFlow(deps), { work_queue_id: extra.id, work_queue_name: "extra" });
    const answer = await app.delete("/work_pools/p");
    expect([answer.status, answer.roundTrips]).toEqual([204, 1]);
    const told = await toldEvents(deps, "%.deleted");
    expect(told.map((e) => e.resource["prefect.resource.id"])).toEqual([
      `prefect.work-queue.${pool.default_queue_id}`,
      `prefect.work-queue.${extra.id}`,
      `prefect.work-pool.${pool.id}`,
    ]);
    expect(told.every((e) => e.related.length === 1)).toBe(true);
    const left = await deps.db.execute({ sql: "select work_queue_id, work_queue_name from flow_run where id = ?", args: [run] });
    expect([left.rows[0]?.[0], left.rows[0]?.[1]]).toEqual([null, "extra"]);
    expect((await app.post("/work_queues/filter")).body).toEqual([]);
    expect((await app.delete("/work_pools/p")).body).toEqual({ detail: 'Work pool "p" not found.' });
    expect((await app.delete("/work_pools/Prefect-x")).status).toBe(403);
  });

  it("lists by name in binary order and counts", async () => {
    for (const [name, type] of [
      ["beta", "docker"],
      ["Alpha", "docker"],
      ["alpha", "process"],
    ])
      await make(name ?? "", { type });
    const names = async (body?: object) => (await app.post("/work_pools/filter", body)).body.map((p: { name: string }) => p.name);
    expect(await names()).toEqual(["Alpha", "alpha", "beta"]);
    expect(await names({ work_pools: { type: { any_: ["docker"] } }, limit: 1, offset: 1 })).toEqual(["beta"]);
    expect(await names({ work_pools: { operator: "or_", name: { any_: ["beta"] }, type: { any_: ["process"] } } })).toEqual([
      "alpha",
      "beta",
    ]);
    expect(await names({ work_pools: null, limit: null })).toHaveLength(3);
    expect((await app.post("/work_pools/filter", { work_pools: { name: { like_: "a" } } })).status).toBe(422);
    expect((await app.post("/work_pools/filter", { limit: 201 })).body).toEqual({
      detail: "Invalid limit: must be less than or equal to 200.",
    });
    expect((await app.post("/work_pools/count", { work_pools: { type: { any_: ["docker"] } } })).body).toBe(2);
  });

  it("counts the slots of pending and running runs of all queues", async () => {
    await make("p", { concurrency_limit: 5 });
    const paused = (await app.post("/work_pools/p/queues", { name: "q", is_paused: true })).body;
    const deps = app.deps();
    const flow = await storeFlow(deps);
    for (const state_type of ["PENDING", "RUNNING", "CANCELLING", "SCHEDULED", "COMPLETED"])
      await storeRun(deps, flow, { work_queue_id: paused.id, state_type });
    expect((await app.get("/work_pools/p")).body.active_slots).toBe(2);
    expect((await app.post("/work_pools/filter")).body[0].active_slots).toBe(2);
  });
});

describe("workers and the status of their pool", () => {
  const clock = movableClock();
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp({}, { now: clock.now });
    await app.post("/work_pools/", { name: "p", type: "process" });
  });
  const status = async () => (await app.get("/work_pools/p")).body.status;
  const beat = (name: string, more: object = {}) => app.post("/work_pools/p/workers/heartbeat", { name, ...more });
  const workers = async (body?: object) => (await app.post("/work_pools/p/workers/filter", body)).body;

  it("makes a pool ready with the first heartbeat, in one round trip, and tells it once", async () => {
    const answer = await beat("w");
    expect([answer.status, answer.roundTrips]).toEqual([204, 1]);
    expect(await status()).toBe("READY");
    await beat("w");
    await beat("w2");
    expect(await toldEvents(app.deps(), "prefect.work-pool.ready")).toHaveLength(1);
    expect((await app.post("/work_pools/nope/workers/heartbeat", { name: "w" })).body).toEqual({
      detail: 'Work pool "nope" not found.',
    });
    expect((await app.post("/work_pools/p/workers/heartbeat", {})).status).toBe(422);
  });

  it("shows a worker as offline, and its pool as not ready, after three missed heartbeats without anybody writing it", async () => {
    await beat("slow", { heartbeat_interval_seconds: 60 });
    await beat("quick", { heartbeat_interval_seconds: 10 });
    await beat("plain");
    clock.advance(31);
    expect((await workers()).map((w: { status: string }) => w.status)).toEqual(["ONLINE", "OFFLINE", "ONLINE"]);
    clock.advance(60);
    expect((await workers()).map((w: { status: string }) => w.status)).toEqual(["OFFLINE", "OFFLINE", "ONLINE"]);
    expect(await status()).toBe("READY");
    clock.advance(90);
    expect(await status()).toBe("NOT_READY");
    await beat("quick");
    expect(await status()).toBe("READY");
    expect((await workers())[0]).toMatchObject({ name: "quick", heartbeat_interval_seconds: 10, status: "ONLINE" });
  });

  it("follows pausing, resuming and the workers that are there", async () => {
    await beat("w");
    await app.patch("/work_pools/p", { is_paused: true });
    expect(await status()).toBe("PAUSED");
    await beat("w");
    expect(await status()).toBe("PAUSED");
    await app.patch("/work_pools/p", { is_paused: false });
    expect(await status()).toBe("READY");
    await app.delete("/work_pools/p/workers/w");
    expect(await status()).toBe("READY");
    await app.patch("/work_pools/p", { is_paused: false });
    expect(await status()).toBe("NOT_READY");
    const told = await toldEvents(app.deps(), "prefect.work-pool.%");
    expect(told.map((e) => e.event.split(".").at(-1))).toEqual(["created", "not-ready", "ready", "paused", "ready", "not-ready"]);
    // The status of the creation is not remembered; every later one follows the one before.
    expect(told.slice(2).map((e) => e.follows)).toEqual([null, told[2]?.id, told[3]?.id, told[4]?.id]);
  });

  it("forgets the status event before after ten minutes", async () => {
    await app.patch("/work_pools/p", { is_paused: true });
    clock.advance(601);
    await app.patch("/work_pools/p", { is_paused: true });
    expect((await toldEvents(app.deps(), "prefect.work-pool.paused")).map((e) => e.follows)).toEqual([null, null]);
  });

  it("shows no status for pools of agents", async () => {
    await app.post("/work_pools/", { name: "old" });
    expect((await app.get("/work_pools/old")).body).toMatchObject({ type: "prefect-agent", status: null });
  });

  it("filters workers and forgets the one that is deleted", async () => {
    await beat("a");
    await beat("b");
    const names = async (body: object) => (await workers(body)).map((w: { name: string }) => w.name);
    expect(await names({})).toEqual(["b", "a"]);
    expect(await names({ workers: { status: { any_: ["ONLINE"] } }, limit: 1, offset: 1 })).toEqual(["a"]);
    expect(await names({ workers: { status: { not_any_: ["ONLINE"] } } })).toEqual([]);
    expect(await names({ workers: { last_heartbeat_time: { before_: "2020-01-01T00:00:00Z" } } })).toEqual([]);
    expect((await app.post("/work_pools/nope/workers/filter", {})).status).toBe(404);
    expect((await app.delete("/work_pools/p/workers/a")).status).toBe(204);
    expect((await app.delete("/work_pools/p/workers/a")).body).toEqual({ detail: "Worker not found." });
    expect((await app.delete("/work_pools/nope/workers/a")).body).toEqual({ detail: 'Work pool "nope" not found.' });
    expect(await names({})).toEqual(["b"]);
  });
});

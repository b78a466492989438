import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";
import { hour, movableClock, newYear, storeDeployment, storeFlow, storeRun, toldEvents } from "../support/work-pools.ts";

const nobody = "00000000-0000-4000-8000-000000000000";
const conflict =
  "Data integrity conflict. This usually means a unique or foreign key constraint was violated. See server logs for details.";

describe("queues of a pool", () => {
  const clock = movableClock();
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp({}, { now: clock.now });
    await app.post("/work_pools/", { name: "p", type: "process" });
  });
  const make = async (name: string, more: object = {}) => (await app.post("/work_pools/p/queues", { name, ...more })).body;
  const ranks = async () =>
    (await app.post("/work_pools/p/queues/filter")).body.map((q: { name: string; priority: number }) => [q.name, q.priority]);
  const change = (name: string, body: object) => app.patch(`/work_pools/p/queues/${name}`, body);
  const read = async (name: string) => (await app.get(`/work_pools/p/queues/${name}`)).body;

  it("creates a queue in one round trip and tells it with its pool", async () => {
    const answer = await app.post("/work_pools/p/queues", {
      name: "q",
      description: null,
      concurrency_limit: 2,
      is_paused: true,
    });
    expect([answer.status, answer.roundTrips]).toEqual([201, 1]);
    expect(answer.body).toMatchObject({
      description: "",
      is_paused: true,
      status: "NOT_READY",
      priority: 2,
      active_slots: 0,
      work_pool_name: "p",
      filter: null,
      last_polled: null,
    });
    expect(await read("q")).toEqual(answer.body);
    const [event] = (await toldEvents(app.deps(), "prefect.work-queue.created")).slice(1);
    expect(event?.resource).toEqual({
      "prefect.resource.id": `prefect.work-queue.${answer.body.id}`,
      "prefect.resource.name": "q",
      "prefect.resource.role": "work-queue",
    });
    expect(event?.related).toEqual([
      {
        "prefect.resource.id": `prefect.work-pool.${answer.body.work_pool_id}`,
        "prefect.resource.name": "p",
        "prefect.work-pool.type": "process",
        "prefect.resource.role": "work-pool",
      },
    ]);
  });

  it("refuses taken names, unknown pools and bad values", async () => {
    await make("q");
    const taken = await app.post("/work_pools/p/queues", { name: "q", priority: 1 });
    expect([taken.status, taken.body.detail]).toEqual([
      409,
      "A work queue with this name already exists in work pool {work_pool_name!r}.",
    ]);
    expect(await ranks()).toEqual([
      ["default", 1],
      ["q", 2],
    ]);
    expect((await app.post("/work_pools/nope/queues", { name: "z" })).body).toEqual({ detail: 'Work pool "nope" not found.' });
    expect((await app.post("/work_pools/nope/queues/filter")).body).toEqual({ detail: 'Work pool "nope" not found.' });
    for (const body of [
      { name: "a/b" },
      { name: "z", priority: 0 },
      { name: "z", concurrency_limit: -1 },
      { name: "z", work_pool_id: nobody },
      {},
    ])
      expect((await app.post("/work_pools/p/queues", body)).status).toBe(422);
    for (const path of ["/work_pools/p/queues/nope", "/work_pools/nope/queues/q"])
      expect((await app.get(path)).body).toEqual({
        detail: `Work pool queue '${path.split("/")[2]}/${path.split("/")[4]}' not found.`,
      });
    expect((await app.patch("/work_pools/p/queues/nope", {})).status).toBe(404);
    expect((await app.delete("/work_pools/nope/queues/nope")).body).toEqual({ detail: 'Work pool "nope" not found.' });
    expect((await app.delete("/work_pools/p/queues/nope")).status).toBe(404);
    expect((await app.post("/work_pools/p/queues/", { name: "x" })).status).toBe(307);
  });

  it("keeps priorities distinct and moves others only as far as needed", async () => {
    await make("a");
    await make("b");
    expect(await ranks()).toEqual([
      ["default", 1],
      ["a", 2],
      ["b", 3],
    ]);
    await make("urgent", { priority: 1 });
    expect(await ranks()).toEqual([
      ["urgent", 1],
      ["default", 2],
      ["a", 3],
      ["b", 4],
    ]);
    await make("far", { priority: 10 });
    await make("gap");
    expect(await ranks()).toEqual([
      ["urgent", 1],
      ["default", 2],
      ["a", 3],
      ["b", 4],
      ["gap", 5],
      ["far", 10],
    ]);
    expect((await change("b", { priority: 1 })).roundTrips).toBe(2);
    expect(await ranks()).toEqual([
      ["b", 1],
      ["urgent", 2],
      ["default", 3],
      ["a", 4],
      ["gap", 5],
      ["far", 10],
    ]);
    await change("b", { priority: 20 });
    await make("eight", { priority: 8 });
    await make("nine", { priority: 9 });
    await change("gap", { priority: 8 });
    expect(await ranks()).toEqual([
      ["urgent", 2],
      ["default", 3],
      ["a", 4],
      ["gap", 8],
      ["eight", 9],
      ["nine", 10],
      ["far", 11],
      ["b", 20],
    ]);
    await app.delete("/work_pools/p/queues/urgent");
    expect((await ranks())[0]).toEqual(["default", 3]);
    const updated = await toldEvents(app.deps(), "prefect.work-queue.updated");
    expect(updated.map((e) => e.resource["prefect.resource.name"])).toEqual(["b", "b", "gap"]);
  });

  it("gives queues made at the same time distinct priorities", async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => app.post("/work_pools/p/queues", { name: `q${i}`, ...(i % 2 && { priority: 1 }) })),
    );
    const numbers = (await ranks()).map(([, number]: [string, number]) => number);
    expect(new Set(numbers).size).toBe(9);
  });

  it("renames a queue, tells it under its new name and answers 409 for a taken one", async () => {
    await make("q", { concurrency_limit: 1 });
    await make("other");
    await change("q", { name: "renamed", concurrency_limit: 0, description: "d" });
    expect(await read("renamed")).toMatchObject({ concurrency_limit: 0, description: "d", active_slots: 0 });
    const [event] = await toldEvents(app.deps(), "prefect.work-queue.updated");
    expect(event?.resource["prefect.resource.name"]).toBe("renamed");
    expect(event?.payload).toEqual({
      updated_fields: ["name", "description", "concurrency_limit"],
      updates: {
        name: { from: "q", to: "renamed" },
        description: { from: "", to: "d" },
        concurrency_limit: { from: 1, to: 0 },
      },
    });
    const taken = await change("renamed", { name: "other" });
    expect([taken.status, taken.body.detail]).toEqual([409, conflict]);
    expect((await change("renamed", { priority: null })).status).toBe(409);
    expect((await change("renamed", { is_paused: null })).status).toBe(422);
    await change("renamed", { concurrency_limit: null });
    expect(await read("renamed")).toMatchObject({ concurrency_limit: null, active_slots: null });
    expect(await toldEvents(app.deps(), "prefect.work-queue.updated")).toHaveLength(2);
  });

  it("follows pausing and the last poll", async () => {
    await make("q");
    await change("q", { is_paused: true });
    await change("q", { is_paused: true });
    expect(await read("q")).toMatchObject({ is_paused: true, status: "PAUSED" });
    await change("q", { is_paused: false });
    await change("q", { is_paused: false });
    expect(await read("q")).toMatchObject({ is_paused: false, status: "NOT_READY" });
    await change("q", { is_paused: true, last_polled: "2020-01-01T00:00:00Z" });
    await change("q", { is_paused: false });
    expect((await read("q")).status).toBe("NOT_READY");
    await app.post("/work_pools/p/get_scheduled_flow_runs", {});
    await app.settled();
    await change("q", { is_paused: true });
    await change("q", { is_paused: false });
    expect((await read("q")).status).toBe("READY");
    clock.advance(61);
    expect((await read("q")).status).toBe("NOT_READY");
    const told = await toldEvents(app.deps(), "prefect.work-queue.%");
    expect(told.filter((e) => e.resource["prefect.resource.name"] === "q").map((e) => e.event.split(".").at(-1))).toEqual([
      "created",
      "paused",
      "not-ready",
      "paused",
      "not-ready",
      "ready",
      "paused",
      "ready",
    ]);
  });

  it("deletes a queue but not the default one", async () => {
    await make("q");
    const gone = await app.delete("/work_pools/p/queues/q");
    expect([gone.status, gone.roundTrips]).toEqual([204, 1]);
    expect((await app.delete("/work_pools/p/queues/q")).body).toEqual({ detail: "Work pool queue 'p/q' not found." });
    expect((await app.delete("/work_pools/p/queues/default")).body).toEqual({ detail: conflict });
    expect(await toldEvents(app.deps(), "prefect.work-queue.deleted")).toHaveLength(1);
  });

  it("filters the queues of its own pool alone, whatever the operator", async () => {
    await app.post("/work_pools/", { name: "other", type: "process" });
    await app.post("/work_pools/other/queues", { name: "marvin" });
    const marvin = await make("Marvin");
    await make("sad-marvin");
    const names = async (work_queues: object) =>
      (await app.post("/work_pools/p/queues/filter", { work_queues })).body.map((q: { name: string }) => q.name);
    expect(await names({ name: { startswith_: ["MARV", "def"] } })).toEqual(["default", "Marvin"]);
    expect(await names({ operator: "or_", id: { any_: [marvin.id] }, name: { any_: ["default"] } })).toEqual([
      "default",
      "Marvin",
    ]);
    expect(await names({ name: { any_: [] } })).toEqual([]);
  });
});

describe("work queues by id", () => {
  const clock = movableClock();
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp({}, { now: clock.now });
  });
  const make = async (name: string, more: object = {}) => (await app.post("/work_queues/", { name, ...more })).body;
  const names = (answer: { body: { name: string }[] }) => answer.body.map((r) => r.name);

  it("makes the pool of queues without one, in one round trip, and tells only creations", async () => {
    const answer = await app.post("/work_queues/", { name: "q" });
    expect([answer.status, answer.roundTrips]).toEqual([201, 1]);
    expect(answer.body).toMatchObject({ name: "q", work_pool_name: "default-agent-pool", priority: 2 });
    expect((await app.get("/work_pools/default-agent-pool")).body).toMatchObject({ type: "prefect-agent", status: null });
    expect((await toldEvents(app.deps())).map((e) => e.event)).toEqual([
      "prefect.work-queue.created",
      "prefect.work-pool.created",
      "prefect.work-queue.created",
    ]);
    expect((await app.post("/work_queues/", { name: "q" })).body).toEqual({
      detail: "A work queue with this name already exists.",
    });
    expect((await app.post("/work_queues/", { name: "default" })).status).toBe(409);
    expect(await toldEvents(app.deps())).toHaveLength(3);
  });

  it("gives the default queue to whom asks for it first", async () => {
    const queue = await make("default", { description: "not used" });
    expect(queue).toMatchObject({ priority: 1, description: "The work pool's default queue." });
    expect((await app.post("/work_queues/filter")).body).toEqual([queue]);
    expect((await app.delete(`/work_queues/${queue.id}`)).body).toEqual({ detail: conflict });
    expect((await app.get(`/work_queues/${queue.id}`)).status).toBe(200);
  });

  it("makes one pool and one queue of requests at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => app.post("/work_queues/", { name: `q${i % 2}` })));
    expect(answers.map((a) => a.status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
    expect(await toldEvents(app.deps(), "prefect.work-pool.created")).toHaveLength(1);
  });

  it("answers unknown queues in the words of each operation", async () => {
    expect((await app.get(`/work_queues/${nobody}`)).body).toEqual({ detail: "work queue not found" });
    expect((await app.get("/work_queues/name/q")).body).toEqual({ detail: "work queue not found" });
    expect((await app.patch(`/work_queues/${nobody}`, {})).body).toEqual({ detail: `Work Queue ${nobody} not found` });
    expect((await app.delete(`/work_queues/${nobody}`)).body).toEqual({ detail: "work queue not found" });
    expect((await app.post(`/work_queues/${nobody}/get_runs`)).body).toEqual({
      exception_message: `Work queue with id ${nobody} not found.`,
    });
    expect((await app.get(`/work_queues/${nobody}/status`)).body).toEqual({
      exception_message: `Work queue with id ${nobody} not found`,
    });
    expect((await app.post(`/work_queues/${nobody}/concurrency_status`)).body).toEqual({ detail: "Work queue not found." });
    expect((await app.get("/work_queues/not-a-uuid")).body).toEqual({ detail: "Not Found" });
    expect((await app.get("/work_queues/filter")).status).toBe(405);
  });

  it("looks names up in the pool of queues without one, once there is one", async () => {
    await app.post("/work_pools/", { name: "p", type: "process" });
    await app.post("/work_pools/p/queues", { name: "only-in-p" });
    expect((await app.get("/work_queues/name/only-in-p")).body.work_pool_name).toBe("p");
    await make("other");
    expect((await app.get("/work_queues/name/only-in-p")).status).toBe(404);
    expect((await app.get("/work_queues/name/default")).body.work_pool_name).toBe("default-agent-pool");
  });

  it("sets a priority without moving others", async () => {
    const queue = await make("q");
    await app.patch(`/work_queues/${queue.id}`, { priority: 1 });
    expect((await app.post("/work_queues/filter")).body.map((q: { priority: number }) => q.priority)).toEqual([1, 1]);
    await make("first", { priority: 1 });
    const after = (await app.post("/work_queues/filter")).body.map((q: { priority: number }) => q.priority);
    expect(after.sort()).toEqual([1, 2, 3]);
  });

  it("gives runs by time and id, within the queue's slots, and marks a poll behind the answer", async () => {
    const queue = await make("q");
    const deps = app.deps();
    const flow = await storeFlow(deps);
    const deployment_id = await storeDeployment(deps, flow, { work_queue_id: queue.id, work_queue_name: "q" });
    const run = (name: string, at: number, more: object = {}) =>
      storeRun(deps, flow, {
        name,
        work_queue_id: queue.id,
        work_queue_name: "q",
        deployment_id,
        next_scheduled_start_time: newYear + at * hour,
        ...more,
      });
    await run("nine", 9);
    await run("eight", 8);
    await run("by name", 10, { work_queue_id: null });
    await run("pending", 7, { state_type: "PENDING" });
    const ask = (body: object = {}, headers = {}) => app.post(`/work_queues/${queue.id}/get_runs`, body, headers);
    const looked = await ask({}, { "x-prefect-ui": "true" });
    expect(names(looked)).toEqual(["eight", "nine", "by name"]);
    expect(looked.roundTrips).toBe(1);
    expect(looked.body[0]).toMatchObject({
      work_queue_name: "q",
      work_queue_id: queue.id,
      work_pool_id: null,
      work_pool_name: null,
    });
    await app.settled();
    expect((await app.get(`/work_queues/${queue.id}`)).body.last_polled).toBeNull();
    expect(names(await ask({ scheduled_before: "2035-01-01T08:00:00Z" }))).toEqual(["eight"]);
    expect(names(await ask({ limit: 1 }))).toEqual(["eight"]);
    expect(names(await ask({ limit: 0 }))).toEqual([]);
    await app.settled();
    expect((await app.get(`/work_queues/${queue.id}`)).body).toMatchObject({ status: "READY" });
    expect(await toldEvents(deps, "prefect.work-queue.ready")).toHaveLength(1);
    expect((await toldEvents(deps, "prefect.deployment.ready")).map((e) => e.resource["prefect.resource.id"])).toEqual([
      `prefect.deployment.${deployment_id}`,
    ]);
    await app.patch(`/work_queues/${queue.id}`, { concurrency_limit: 2 });
    expect(names(await ask())).toEqual(["eight"]);
    await run("ending", 6, { state_type: "CANCELLING" });
    expect(names(await ask())).toEqual([]);
    await app.patch(`/work_queues/${queue.id}`, { concurrency_limit: null, is_paused: true });
    expect(names(await ask())).toEqual([]);
    await app.settled();
    expect((await app.get(`/work_queues/${queue.id}`)).body.status).toBe("PAUSED");
    expect((await ask({}, { "x-prefect-ui": "maybe" })).status).toBe(422);
    expect((await ask({ limit: 201 })).status).toBe(422);
  });

  it("still understands queues that collect runs by tags and deployments", async () => {
    const queue = await make("tagged", { filter: { tags: ["x", "y"] } });
    expect(queue.filter).toEqual({ tags: ["x", "y"], deployment_ids: null });
    const deps = app.deps();
    const flow = await storeFlow(deps);
    const d = await storeDeployment(deps, flow, {});
    const e = await storeDeployment(deps, flow, {});
    await storeRun(deps, flow, { name: "d1", deployment_id: d, tags: ["x", "y"] });
    await storeRun(deps, flow, { name: "e1", deployment_id: e, tags: ["x"], next_scheduled_start_time: newYear + 1 });
    await storeRun(deps, flow, { name: "e2", deployment_id: e, tags: ["y", "x", "z"], next_scheduled_start_time: newYear + 2 });
    await storeRun(deps, flow, { name: "bare", tags: ["x", "y"] });
    await storeRun(deps, flow, { name: "busy", deployment_id: e, tags: ["x"], state_type: "RUNNING" });
    const ask = async (body: object = {}) => names(await app.post(`/work_queues/${queue.id}/get_runs`, body));
    const filter = (body: object | null, more: object = {}) => app.patch(`/work_queues/${queue.id}`, { filter: body, ...more });
    expect(await ask()).toEqual(["d1", "e2"]);
    await filter({ tags: ["x"], deployment_ids: [e] });
    expect(await ask()).toEqual(["e1", "e2"]);
    expect(await ask({ limit: 1 })).toEqual(["e1"]);
    await filter({ tags: ["x"], deployment_ids: [e] }, { concurrency_limit: 2 });
    expect(await ask()).toEqual(["e1"]);
    expect((await app.get(`/work_queues/${queue.id}`)).body.active_slots).toBe(1);
    await filter({ deployment_ids: [] });
    expect(await ask()).toEqual([]);
    await filter(null);
    expect((await app.get(`/work_queues/${queue.id}`)).body).toMatchObject({ filter: null, active_slots: 0 });
  });

  it("counts cancelling runs as holders of slots and pages through them", async () => {
    const queue = await make("q", { concurrency_limit: 5 });
    const deps = app.deps();
    const flow = await storeFlow(deps);
    const states = ["PENDING", "RUNNING", "CANCELLING", "SCHEDULED", "COMPLETED"];
    for (const state_type of states)
      await storeRun(deps, flow, { name: state_type, work_queue_id: queue.id, work_queue_name: "q", state_type });
    await storeRun(deps, flow, { name: "by name", work_queue_name: "q", state_type: "RUNNING" });
    const status = async (body: object) => (await app.post(`/work_queues/${queue.id}/concurrency_status`, body)).body;
    const whole = await status({});
    expect(whole).toMatchObject({ active_slots: 4, count: 4, pages: 1, page: 1, limit: 200, concurrency_limit: 5 });
    expect(names({ body: whole.flow_runs })).toEqual(["PENDING", "RUNNING", "CANCELLING", "by name"]);
    expect(whole.flow_runs[0].time_in_current_state).toBeGreaterThan(0);
    expect(names({ body: (await status({ limit: 3, page: 2 })).flow_runs })).toEqual(["by name"]);
    expect(await status({ limit: 0 })).toMatchObject({ flow_runs: [], pages: 0, count: 4 });
    expect((await app.get(`/work_queues/${queue.id}`)).body.active_slots).toBe(3);
    expect((await app.get("/work_pools/default-agent-pool/queues/q")).body.active_slots).toBe(2);
    expect((await app.post(`/work_queues/${queue.id}/concurrency_status`, { page: 0 })).status).toBe(422);
  });

  it("is healthy while it is polled and has no late run", async () => {
    const queue = await make("q");
    const status = async () => (await app.get(`/work_queues/${queue.id}/status`)).body;
    expect(await status()).toEqual({
      healthy: false,
      late_runs_count: 0,
      last_polled: null,
      health_check_policy: { maximum_late_runs: 0, maximum_seconds_since_last_polled: 60 },
    });
    await app.post(`/work_queues/${queue.id}/get_runs`);
    await app.settled();
    expect((await status()).healthy).toBe(true);
    clock.advance(61);
    expect((await status()).healthy).toBe(false);
    await app.post(`/work_queues/${queue.id}/get_runs`);
    await app.settled();
    const deps = app.deps();
    await storeRun(deps, await storeFlow(deps), { work_queue_id: queue.id, state_name: "Late" });
    expect(await status()).toMatchObject({ healthy: false, late_runs_count: 1 });
  });
});

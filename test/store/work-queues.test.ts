import { beforeEach, describe, expect, it } from "vitest";
import type { Deps } from "../../src/deps.ts";
import { ensureQueue, type QueueAddress } from "../../src/store/work-queues/create.ts";
import { readPoolFacts, selectPoolFacts } from "../../src/store/work-queues/facts.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { toldEvents } from "../support/work-pools.ts";

describe("a queue that a deployment names", () => {
  let app: TestApp;
  let deps: Deps;
  beforeEach(async () => {
    app = await testApp();
    deps = app.deps();
  });
  const ensure = async (work_pool_name: string | null, work_queue_name: string | null) => {
    const address: QueueAddress = { work_pool_name, work_queue_name };
    const { statements, queue_id } = ensureQueue(address, deps);
    const results = await deps.db.write([...statements, { sql: `select ${queue_id.sql}`, args: queue_id.args }]);
    return results.at(-1)?.rows[0]?.[0] ?? null;
  };
  const ranks = async (pool: string) =>
    (await app.post(`/work_pools/${pool}/queues/filter`)).body.map((q: { name: string; priority: number }) => [
      q.name,
      q.priority,
    ]);

  it("is made in its pool with the first free priority, once, and told once", async () => {
    await app.post("/work_pools/", { name: "p", type: "process" });
    const id = await ensure("p", "mine");
    expect(id).toBe((await app.get("/work_pools/p/queues/mine")).body.id);
    expect(await ensure("p", "mine")).toBe(id);
    expect(await ranks("p")).toEqual([
      ["default", 1],
      ["mine", 2],
    ]);
    const told = await toldEvents(deps, "prefect.work-queue.created");
    expect(told.map((e) => e.resource["prefect.resource.name"])).toEqual(["default", "mine"]);
  });

  it("is the pool's default queue where only the pool is named", async () => {
    const { default_queue_id } = (await app.post("/work_pools/", { name: "p", type: "process" })).body;
    expect(await ensure("p", null)).toBe(default_queue_id);
  });

  it("is put at the top of the pool of queues without one, which is made if missing", async () => {
    const first = await ensure(null, "one");
    expect(await ranks("default-agent-pool")).toEqual([
      ["one", 1],
      ["default", 2],
    ]);
    await ensure(null, "two");
    expect(await ensure(null, "one")).toBe(first);
    expect(await ranks("default-agent-pool")).toEqual([
      ["two", 1],
      ["one", 2],
      ["default", 3],
    ]);
    expect((await toldEvents(deps)).map((e) => e.event.replace("prefect.work-", ""))).toEqual([
      "queue.created",
      "pool.created",
      "queue.created",
      "queue.created",
    ]);
  });

  it("is the oldest of its name in any pool while there is no pool of queues without one", async () => {
    for (const name of ["p", "other"]) await app.post("/work_pools/", { name, type: "process" });
    const queue = (await app.post("/work_pools/p/queues", { name: "mine" })).body;
    await app.post("/work_pools/other/queues", { name: "mine" });
    expect(await ensure(null, "mine")).toBe(queue.id);
    expect((await app.get("/work_pools/default-agent-pool")).status).toBe(404);
    const found = await deps.db.execute(selectPoolFacts({ work_pool_name: null, work_queue_name: "mine" }));
    expect(readPoolFacts(found)).toMatchObject({ pool: { name: "p" }, queue_id: queue.id });
    await ensure(null, "new");
    expect(await ensure(null, "mine")).toBe((await app.get("/work_pools/default-agent-pool/queues/mine")).body.id);
  });

  it("is the default queue of that pool under the name default", async () => {
    const id = await ensure(null, "default");
    expect(await ranks("default-agent-pool")).toEqual([["default", 1]]);
    expect(id).toBe((await app.get("/work_pools/default-agent-pool")).body.default_queue_id);
  });

  it("is none without an address or a pool that exists", async () => {
    expect(await ensure(null, null)).toBeNull();
    expect(await ensure("nope", "q")).toBeNull();
    expect(await ensure("nope", null)).toBeNull();
    expect((await app.post("/work_queues/filter")).body).toEqual([]);
  });

  it("is found with its pool in one statement", async () => {
    const pool = (await app.post("/work_pools/", { name: "p", type: "process" })).body;
    const queue = (await app.post("/work_pools/p/queues", { name: "q" })).body;
    const facts = async (work_queue_name: string | null, work_pool_name = "p") =>
      readPoolFacts(await deps.db.execute(selectPoolFacts({ work_pool_name, work_queue_name })));
    expect(await facts(null)).toMatchObject({ pool: { id: pool.id, name: "p" }, queue_id: pool.default_queue_id });
    expect((await facts("q"))?.queue_id).toBe(queue.id);
    expect((await facts("new"))?.queue_id).toBeNull();
    expect(await facts("q", "nope")).toBeNull();
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { foreman } from "../../src/cron/foreman.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { movableClock, storeDeployment, storeFlow, toldEvents } from "../support/work-pools.ts";

describe("the foreman", () => {
  const clock = movableClock();
  let app: TestApp;
  let pool: { id: string; default_queue_id: string };
  let deployment: string;
  const work = async () => {
    const deps = app.deps();
    await foreman.run(deps, { cron: "* * * * *", scheduledTime: clock.now() });
    return deps.db.roundTrips();
  };
  const poll = async () => {
    await app.post("/work_pools/p/get_scheduled_flow_runs");
    await app.settled();
  };
  const events = async () => (await toldEvents(app.deps(), "%-ready")).map((e) => e.event.replace("prefect.", ""));
  beforeEach(async () => {
    app = await testApp({}, { now: clock.now });
    pool = (await app.post("/work_pools/", { name: "p", type: "process" })).body;
    const deps = app.deps();
    deployment = await storeDeployment(deps, await storeFlow(deps), { work_queue_id: pool.default_queue_id });
    await app.post("/work_pools/p/workers/heartbeat", { name: "w" });
    await poll();
  });

  it("leaves what is heard of alone, in one round trip", async () => {
    clock.advance(59);
    expect(await work()).toBe(1);
    expect(await events()).toEqual(["work-pool.not-ready"]);
    expect((await app.get("/work_pools/p")).body.status).toBe("READY");
  });

  it("writes and tells once what has fallen silent", async () => {
    const [before] = await toldEvents(app.deps(), "prefect.work-pool.ready");
    clock.advance(91);
    await work();
    await work();
    expect(await events()).toEqual([
      "work-pool.not-ready",
      "work-pool.not-ready",
      "deployment.not-ready",
      "work-queue.not-ready",
    ]);
    const [, told] = await toldEvents(app.deps(), "prefect.work-pool.not-ready");
    expect(told?.resource["prefect.resource.id"]).toBe(`prefect.work-pool.${pool.id}`);
    expect(told?.follows).toBe(before?.id);
    const { db } = app.deps();
    const stored = await db.execute({
      sql: `select p.status, p.last_status_event_id, q.status, d.status, w.status
        from work_pool p, work_queue q, deployment d, worker w where d.id = ?`,
      args: [deployment],
    });
    expect(Array.from(stored.rows[0] ?? [])).toEqual(["NOT_READY", told?.id, "NOT_READY", "NOT_READY", "OFFLINE"]);
    const offline = await app.post("/work_pools/p/workers/filter", { workers: { status: { any_: ["OFFLINE"] } } });
    expect(offline.body).toHaveLength(1);
    await poll();
    await app.post("/work_pools/p/workers/heartbeat", { name: "w" });
    expect((await toldEvents(app.deps(), "%.ready")).map((e) => e.event.replace("prefect.", ""))).toEqual([
      "work-pool.ready",
      "work-queue.ready",
      "deployment.ready",
      "work-queue.ready",
      "deployment.ready",
      "work-pool.ready",
    ]);
  });

  it("tells once when it works in two places at the same time", async () => {
    clock.advance(91);
    await Promise.all([work(), work(), work()]);
    expect(await events()).toHaveLength(4);
  });

  it("takes a pool whose last worker was deleted as not ready", async () => {
    await app.delete("/work_pools/p/workers/w");
    await work();
    expect((await app.get("/work_pools/p")).body.status).toBe("NOT_READY");
  });

  it("takes more than one batch", async () => {
    const { db } = app.deps();
    await db.execute({
      sql: `with recursive n (i) as (select 0 union all select i + 1 from n where i < 449)
        insert into work_queue (id, created, updated, name, work_pool_id, status, last_polled) select 'q' || i, 1, 1, 'q' || i, ?, 'READY', 1 from n`,
      args: [pool.id],
    });
    expect(await work()).toBe(3);
    const left = await db.execute({
      sql: "select count(*) from work_queue where status = 'READY' and last_polled = 1",
      args: [],
    });
    expect(left.rows[0]?.[0]).toBe(0);
    expect(await toldEvents(app.deps(), "prefect.work-queue.not-ready")).toHaveLength(450);
  });
});

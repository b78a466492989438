import { beforeEach, describe, expect, it } from "vitest";
import { scheduledRuns } from "../../src/cron/scheduled-runs.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { daily, deploymentTools } from "../support/deployments.ts";
import { movableClock } from "../support/work-pools.ts";

const hourly = { interval: 3600, anchor_date: "2020-01-01T00:00:00Z" };

describe("the job that makes the runs of schedules", () => {
  let clock: ReturnType<typeof movableClock>;
  let app: TestApp;
  let flow: string;
  const tools = deploymentTools(() => app);
  const tick = async (at: TestApp = app) => {
    const deps = at.deps();
    await scheduledRuns.run(deps, { cron: "* * * * *", scheduledTime: clock.now() });
    return deps.db.roundTrips();
  };
  const count = async () => (await app.post("/flow_runs/count")).body;
  beforeEach(async () => {
    clock = movableClock();
    app = await testApp({}, { now: clock.now });
    flow = await tools.flow();
  });

  it("makes at least three, and those of the next hour, and looks again when the first has passed", async () => {
    const d = await tools.deploy(flow, { schedules: [{ schedule: hourly }, { schedule: { interval: 60 }, slug: "minutes" }] });
    expect(await tick()).toBe(2);
    const keys = async () => {
      const body = { sort: "EXPECTED_START_TIME_ASC" as const };
      return (await app.post("/flow_runs/filter", body)).body.map((r: { idempotency_key: string }) => r.idempotency_key);
    };
    const first = await keys();
    expect(first).toHaveLength(3 + 61);
    expect(first.every((key: string) => key.startsWith(`scheduled ${d.id} `))).toBe(true);
    expect(await tick()).toBe(1);
    clock.advance(120);
    await tick();
    const added = (await keys()).slice(64);
    expect(await count()).toBe(64 + added.length);
    expect(added.length).toBeGreaterThanOrEqual(1);
    clock.advance(3600);
    await tick();
    expect((await tools.expected(d.id)).length).toBeGreaterThan(64 + 58);
  });

  it("is idempotent when it runs in two places at once", async () => {
    await tools.deploy(flow, { schedules: [{ schedule: hourly }] });
    await Promise.all([tick(), tick(), tick()]);
    expect(await count()).toBe(3);
    const states = await app.deps().db.execute({ sql: "select count(*) from flow_run_state", args: [] });
    expect(states.rows[0]?.[0]).toBe(3);
  });

  it("leaves paused deployments and inactive schedules alone until that ends", async () => {
    const paused = await tools.deploy(flow, { paused: true, schedules: [{ schedule: daily }] });
    const inactive = await tools.deploy(flow, { schedules: [{ schedule: daily, active: false }] });
    expect(await tick()).toBe(1);
    await app.post(`/deployments/${paused.id}/resume_deployment`);
    await app.patch(`/deployments/${inactive.id}/schedules/${inactive.schedules[0].id}`, { active: true });
    await tick();
    expect([await tools.expected(paused.id), await tools.expected(inactive.id)].map((list) => list.length)).toEqual([3, 3]);
    await app.post(`/deployments/${paused.id}/pause_deployment`);
    await app.patch(`/deployments/${inactive.id}`, { paused: true });
    clock.advance(86_400);
    expect(await tick()).toBe(1);
    expect(await count()).toBe(0);
  });

  it("makes them anew after a change that removed them, with what is true now", async () => {
    const d = await tools.deploy(flow, { schedules: [{ schedule: daily }], parameters: { n: 1 } });
    await tick();
    await app.patch(`/deployments/${d.id}`, { parameters: { n: 2 } });
    expect(await count()).toBe(0);
    await tick();
    const runs = (await app.post("/flow_runs/filter")).body;
    expect(runs.map((r: { parameters: object }) => r.parameters)).toEqual([{ n: 2 }, { n: 2 }, { n: 2 }]);
  });

  it("stores nothing for a deployment that changed since it was read", async () => {
    const d = await tools.deploy(flow, { schedules: [{ schedule: daily }], parameters: { n: 1 } });
    const deps = app.deps();
    // Between reading and writing somebody changes the deployment.
    const read: typeof deps.db.read = async (...question) => {
      const result = await deps.db.read(...question);
      await app.patch(`/deployments/${d.id}`, { parameters: { n: 2 } });
      return result;
    };
    await scheduledRuns.run({ ...deps, db: { ...deps.db, read } }, { cron: "* * * * *", scheduledTime: clock.now() });
    expect(await count()).toBe(0);
    await tick();
    expect((await app.post("/flow_runs/filter")).body[0].parameters).toEqual({ n: 2 });
  });

  it("goes past a schedule whose dates leave the calendar and one without dates", async () => {
    await tools.deploy(flow, { schedules: [{ schedule: { interval: 1e12 } }] });
    await tools.deploy(flow, { schedules: [{ schedule: { cron: "0 0 30 2 *" } }] });
    const good = await tools.deploy(flow, { schedules: [{ schedule: daily }] });
    await tick();
    expect(await tools.expected(good.id)).toHaveLength(3);
    expect(await tick()).toBe(1);
  });

  it("goes past a stored rule whose dates take too long to find, says so, and tries it again a day later", async () => {
    const endless = "DTSTART:20200101T000000\nRRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY";
    const bad = await tools.deploy(flow, { schedules: [{ schedule: { rrule: "FREQ=DAILY" } }] });
    const good = await tools.deploy(flow, { schedules: [{ schedule: daily }] });
    const deps = app.deps();
    await deps.db.write([
      {
        sql: "update deployment_schedule set schedule = json_set(schedule, '$.rrule', ?), due = 0 where deployment_id = ?",
        args: [endless, bad.id],
      },
    ]);
    const logged: unknown[] = [];
    const log: typeof deps.log = (_, fields) => void logged.push(fields);
    await scheduledRuns.run({ ...deps, log }, { cron: "* * * * *", scheduledTime: clock.now() });
    expect(logged).toEqual([expect.objectContaining({ deployment: bad.id, error: "found 0 dates within 1500000 steps" })]);
    expect(await tools.expected(good.id)).toHaveLength(3);
    expect(await tick()).toBe(1);
    clock.advance(86_400);
    expect(await tick()).toBe(2);
    expect(await tools.expected(bad.id)).toEqual([]);
  });
});

describe("a server that works by itself", () => {
  it("makes the runs behind the answer, whatever made them necessary", async () => {
    const app = await testApp({ MILLIWAYS_TICK_SECONDS: "60" });
    const tools = deploymentTools(() => app);
    const d = await tools.deploy(await tools.flow(), { schedules: [{ schedule: daily, slug: "s" }] });
    const made = async () => {
      await app.settled();
      return (await tools.expected(d.id)).length;
    };
    expect(await made()).toBe(3);
    await app.patch(`/deployments/${d.id}`, { schedules: [{ slug: "s", schedule: { cron: "0 10 * * *" } }] });
    expect(await made()).toBe(3);
    expect((await tools.expected(d.id)).every((time) => time.includes("T10"))).toBe(true);
    await app.post(`/deployments/${d.id}/pause_deployment`);
    expect(await made()).toBe(0);
    await app.post(`/deployments/${d.id}/resume_deployment`);
    expect(await made()).toBe(3);
    await app.post(`/deployments/${d.id}/schedules`, [{ schedule: hourly }]);
    expect(await made()).toBe(6);
  });
});

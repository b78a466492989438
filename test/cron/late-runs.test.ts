import { beforeEach, describe, expect, it } from "vitest";
import { lateRuns } from "../../src/cron/late-runs.ts";
import { unstartedRuns } from "../../src/store/flow-runs/overdue.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { deploymentTools } from "../support/deployments.ts";
import { movableClock, toldEvents } from "../support/work-pools.ts";

describe("the job that calls runs late", () => {
  let clock: ReturnType<typeof movableClock>;
  let app: TestApp;
  let flow: string;
  const tools = deploymentTools(() => app);
  const tick = async () => {
    const deps = app.deps();
    await lateRuns.run(deps, { cron: "* * * * *", scheduledTime: clock.now() });
    return deps.db.roundTrips();
  };
  const stateOf = async (id: string) => (await app.get(`/flow_runs/${id}`)).body.state;
  beforeEach(async () => {
    clock = movableClock();
    app = await testApp({}, { now: clock.now });
    flow = await tools.flow();
  });

  it("waits fifteen seconds, keeps the time and tells it", async () => {
    const d = await tools.deploy(flow);
    const run = (await app.post(`/deployments/${d.id}/create_flow_run`, {})).body;
    clock.advance(14);
    expect(await tick()).toBe(1);
    clock.advance(2);
    expect(await tick()).toBe(2);
    const late = (await app.get(`/flow_runs/${run.id}`)).body;
    expect(late).toMatchObject({
      state_type: "SCHEDULED",
      state_name: "Late",
      next_scheduled_start_time: run.next_scheduled_start_time,
    });
    expect(late.state.state_details.scheduled_time).toBe(run.next_scheduled_start_time);
    const [told] = await toldEvents(app.deps(), "prefect.flow-run.Late");
    expect(told).toMatchObject({
      id: late.state_id,
      follows: run.state_id,
      payload: { intended: { from: "SCHEDULED", to: "SCHEDULED" } },
    });
    expect(await tick()).toBe(1);
  });

  it("takes only runs that are scheduled and called so", async () => {
    const d = await tools.deploy(flow);
    const make = async (state: object) => (await app.post(`/deployments/${d.id}/create_flow_run`, { state })).body.id;
    const others = [await make({ type: "SCHEDULED", name: "AwaitingRetry" }), await make({ type: "PENDING" })];
    clock.advance(60);
    expect(await tick()).toBe(1);
    expect(await Promise.all(others.map(async (id) => (await stateOf(id)).name))).toEqual(["AwaitingRetry", "Pending"]);
  });

  it("cancels instead where a full limit cancels new runs", async () => {
    const options = { concurrency_limit: 1, concurrency_options: { collision_strategy: "CANCEL_NEW" } };
    const full = await tools.deploy(flow, options);
    const free = await tools.deploy(flow, options);
    const make = async (d: { id: string }) => (await app.post(`/deployments/${d.id}/create_flow_run`, {})).body.id;
    const holder = await make(full);
    const headers = { "user-agent": "prefect/3.8.8 (API client)" };
    const taken = await app.post(`/flow_runs/${holder}/set_state`, { state: { type: "PENDING" } }, headers);
    expect(taken.body.status).toBe("ACCEPT");
    const [refused, late] = [await make(full), await make(free)];
    clock.advance(20);
    await tick();
    expect(await stateOf(refused)).toMatchObject({ type: "CANCELLED", message: "Deployment concurrency limit reached." });
    expect(await stateOf(late)).toMatchObject({ type: "SCHEDULED", name: "Late" });
  });

  it("marks many in batches, each run once when two ticks meet", async () => {
    const d = await tools.deploy(flow);
    for (let i = 0; i < 3; i++)
      await app.post(
        `/deployments/${d.id}/create_flow_run/bulk`,
        Array.from({ length: 100 }, () => ({})),
      );
    clock.advance(20);
    await Promise.all([tick(), tick()]);
    expect((await app.post("/flow_runs/count", { flow_runs: { state: { name: { any_: ["Late"] } } } })).body).toBe(300);
    expect(await toldEvents(app.deps(), "prefect.flow-run.Late")).toHaveLength(300);
    const states = await app.deps().db.execute({ sql: "select count(*) from flow_run_state where name = 'Late'", args: [] });
    expect(states.rows[0]?.[0]).toBe(300);
  }, 60_000);

  it("finds them by an index", async () => {
    const { sql, args } = unstartedRuns(1, 10);
    const plan = await app.deps().db.execute({ sql: `explain query plan ${sql}`, args });
    const steps = plan.rows.map((row) => String(row[3]));
    expect(steps[0]).toMatch(/^SEARCH r USING (COVERING )?INDEX .*next_scheduled_start_time<\?/);
  });
});

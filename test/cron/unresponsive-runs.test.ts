import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { unresponsiveRuns } from "../../src/cron/unresponsive-runs.ts";
import { formatTime } from "../../src/lib/time.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { movableClock, toldEvents } from "../support/work-pools.ts";

describe("a running flow run that sends heartbeats", () => {
  let clock: ReturnType<typeof movableClock>;
  let app: TestApp;
  const start = async (settings: object) => {
    clock = movableClock();
    app = await testApp(settings, { now: clock.now });
  };
  beforeEach(() => start({ MILLIWAYS_UNRESPONSIVE_SECONDS: "90" }));
  const tick = () => unresponsiveRuns.run(app.deps(), { cron: "* * * * *", scheduledTime: clock.now() });
  const run = async (more: object = {}): Promise<string> => {
    const flow_id = (await app.post("/flows/", { name: "f" })).body.id;
    return (await app.post("/flow_runs/", { flow_id, state: { type: "RUNNING" }, ...more })).body.id;
  };
  const beat = (id: string) =>
    app.post("/events", [
      {
        id: randomUUID(),
        occurred: formatTime(clock.now()),
        event: "prefect.flow-run.heartbeat",
        resource: { "prefect.resource.id": `prefect.flow-run.${id}` },
      },
    ]);
  const stateOf = async (id: string) => {
    const { rows } = await app.deps().db.execute({ sql: "select state_name from flow_run where id = ?", args: [id] });
    return rows[0]?.[0];
  };

  it("is crashed once when the last one is too old, by cron, with a message and an event", async () => {
    const [lost, alive, silent] = [await run(), await run(), await run()];
    for (const id of [lost, alive]) await beat(id);
    clock.advance(60);
    await beat(alive);
    await tick();
    expect(await Promise.all([lost, alive, silent].map(stateOf))).toEqual(["Running", "Running", "Running"]);
    clock.advance(40);
    await tick();
    await tick();
    expect(await Promise.all([lost, alive, silent].map(stateOf))).toEqual(["Crashed", "Running", "Running"]);
    const { state } = (await app.get(`/flow_runs/${lost}`)).body;
    expect(state.message).toBe("Flow run marked as crashed: its last heartbeat was more than 90 seconds ago.");
    expect(await toldEvents(app.deps(), "prefect.flow-run.Crashed")).toHaveLength(1);
  });

  it("is crashed where it is read, and other reads cost nothing more", async () => {
    const [lost, ended] = [await run(), await run({ state: { type: "COMPLETED" } })];
    for (const id of [lost, ended]) await beat(id);
    clock.advance(100);
    expect((await app.get(`/flow_runs/${lost}`)).body.state_name).toBe("Crashed");
    const read = await app.get(`/flow_runs/${ended}`);
    expect([read.body.state_name, read.roundTrips]).toEqual(["Completed", 1]);
  });

  it("that was started again is not crashed because of heartbeats of before", async () => {
    const id = await run();
    await beat(id);
    clock.advance(100);
    await app.post(`/flow_runs/${id}/set_state`, { state: { type: "RUNNING", name: "Again" }, force: true });
    await tick();
    expect(await stateOf(id)).toBe("Again");
  });

  it("is left alone where the server is not set to, without a round trip", async () => {
    await start({});
    const id = await run();
    await beat(id);
    clock.advance(100_000);
    const deps = app.deps();
    await unresponsiveRuns.run(deps, { cron: "* * * * *", scheduledTime: clock.now() });
    expect([await stateOf(id), deps.db.roundTrips(), (await app.get(`/flow_runs/${id}`)).roundTrips]).toEqual(["Running", 0, 1]);
  });

  it.each(["9", "x", "86401"])("has a bound that is a number of seconds: not %s", async (seconds) => {
    await expect(testApp({ MILLIWAYS_UNRESPONSIVE_SECONDS: seconds })).rejects.toThrow("MILLIWAYS_UNRESPONSIVE_SECONDS");
  });
});

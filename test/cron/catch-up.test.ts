import { createClient } from "@libsql/client/http";
import { beforeEach, describe, expect, it } from "vitest";
import { catchUp } from "../../src/cron/catch-up.ts";
import { lateRuns } from "../../src/cron/late-runs.ts";
import { formatTime } from "../../src/lib/time.ts";
import type { Sql } from "../../src/store/client.ts";
import { givenUpRuns } from "../../src/store/flow-runs/given-up.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { selectDue } from "../../src/store/work-pools/poll.ts";
import { measuringDatabase } from "../scale/measuring-database.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { freshDatabase } from "../support/database.ts";
import { deploymentTools } from "../support/deployments.ts";
import { movableClock, toldEvents } from "../support/work-pools.ts";

const hours = 3600;

describe("overdue runs of a deployment's schedules", () => {
  let clock: ReturnType<typeof movableClock>;
  let app: TestApp;
  let flow: string;
  const tools = deploymentTools(() => app);
  beforeEach(async () => {
    clock = movableClock();
    app = await testApp({}, { now: clock.now });
    flow = await tools.flow();
    await app.post("/work_pools/", { name: "pool", type: "process" });
  });

  // Six runs, an hour apart, the first in an hour.
  const deploy = async (labels: object | null, more: object = {}): Promise<string> => {
    const anchor_date = formatTime(clock.now());
    const schedules = [{ schedule: { interval: hours, anchor_date } }];
    const { id } = await tools.deploy(flow, { work_pool_name: "pool", labels, schedules, ...more });
    await app.post(`/deployments/${id}/schedule`, {
      start_time: formatTime(clock.now()),
      end_time: formatTime(clock.now() + (6 * hours + 1) * 1_000_000),
      min_runs: 6,
    });
    return id;
  };
  const tick = async () => {
    const deps = app.deps();
    const at = { cron: "* * * * *", scheduledTime: clock.now() };
    await catchUp.run(deps, at);
    const roundTrips = deps.db.roundTrips();
    await lateRuns.run(deps, at);
    return roundTrips;
  };
  type Run = { id: string; state_name: string; next_scheduled_start_time: string };
  const runsOf = async (id: string): Promise<Run[]> =>
    (
      await app.post("/flow_runs/filter", {
        sort: "EXPECTED_START_TIME_ASC",
        flow_runs: { deployment_id: { any_: [id] } },
      })
    ).body;
  const statesOf = async (id: string) => (await runsOf(id)).map(({ state_name }) => state_name);
  // What workers, served flows and agents are handed out of what is due.
  const handedOut = async (id: string): Promise<string[][]> => {
    const scheduled_before = formatTime(clock.now());
    const pool = await app.post("/work_pools/pool/get_scheduled_flow_runs", { scheduled_before });
    const served = await app.post("/deployments/get_scheduled_flow_runs", { deployment_ids: [id], scheduled_before });
    const queue = (await app.get(`/deployments/${id}`)).body.work_queue_id;
    const agent = await app.post(`/work_queues/${queue}/get_runs`, { scheduled_before });
    await app.settled();
    const lists = [pool.body.map(({ flow_run }: { flow_run: Run }) => flow_run), served.body, agent.body];
    return lists.map((list: Run[]) => list.map((run) => run.id).sort());
  };

  it.each([
    ["without labels", null],
    ["with all", { "milliways.catchup": "all", "milliways.max_late_seconds": 1 }],
  ])("are all run %s", async (_, labels) => {
    const id = await deploy(labels);
    clock.advance(3.5 * hours);
    const ids = (await runsOf(id)).slice(0, 3).map((run) => run.id);
    expect(await handedOut(id)).toEqual([ids.toSorted(), ids.toSorted(), ids.toSorted()]);
    await tick();
    expect(await statesOf(id)).toEqual(["Late", "Late", "Late", "Scheduled", "Scheduled", "Scheduled"]);
  });

  it("are with latest all but the newest skipped, by the cron and for whoever asks before it", async () => {
    const id = await deploy({ "milliways.catchup": "latest" });
    clock.advance(3.5 * hours);
    const newest = [(await runsOf(id))[2]?.id];
    expect(await handedOut(id)).toEqual([newest, newest, newest]);
    expect(await tick()).toBe(3);
    expect(await statesOf(id)).toEqual(["Skipped", "Skipped", "Late", "Scheduled", "Scheduled", "Scheduled"]);
    expect(await handedOut(id)).toEqual([newest, newest, newest]);
    expect(await tick()).toBe(2);
  });

  it("stay given up with latest when a worker has taken the newest", async () => {
    const id = await deploy({ "milliways.catchup": "latest" });
    clock.advance(2.5 * hours);
    const [first, newest] = await runsOf(id);
    await app.post(`/flow_runs/${newest?.id}/set_state`, { state: { type: "RUNNING" } });
    expect(await handedOut(id)).toEqual([[], [], []]);
    await tick();
    expect((await app.get(`/flow_runs/${first?.id}`)).body.state_name).toBe("Skipped");
  });

  it("keep with latest as long as the label says, and are of each schedule by itself", async () => {
    const anchors = [clock.now(), clock.now() + 600_000_000].map(formatTime);
    const schedules = anchors.map((anchor_date) => ({ schedule: { interval: hours, anchor_date } }));
    const id = await deploy({ "milliways.catchup": "latest", "milliways.max_late_seconds": 2 * hours }, { schedules });
    clock.advance(2.7 * hours);
    expect((await handedOut(id))[0]).toHaveLength(4);
    clock.advance(0.6 * hours);
    await tick();
    expect((await statesOf(id)).filter((name) => name === "Skipped")).toHaveLength(3);
    expect((await statesOf(id)).filter((name) => name === "Late")).toHaveLength(4);
  });

  it("are with none skipped above the lateness of the label, 300 seconds without it", async () => {
    const [plain, patient] = [
      await deploy({ "milliways.catchup": "none" }),
      await deploy({ "milliways.catchup": "none", "milliways.max_late_seconds": 1800 }),
    ];
    clock.advance(hours + 200);
    await tick();
    expect([(await statesOf(plain))[0], (await statesOf(patient))[0]]).toEqual(["Late", "Late"]);
    clock.advance(101);
    expect((await handedOut(plain)).slice(1)).toEqual([[], [(await runsOf(patient))[0]?.id]]);
    await tick();
    expect([(await statesOf(plain))[0], (await statesOf(patient))[0]]).toEqual(["Skipped", "Late"]);
    clock.advance(1500);
    await tick();
    expect((await statesOf(patient))[0]).toBe("Skipped");
  });

  it("end CANCELLED with a message, a state in their history and an event", async () => {
    const id = await deploy({ "milliways.catchup": "none" });
    clock.advance(2 * hours - 10);
    await tick();
    const [run] = await runsOf(id);
    const message =
      /^Skipped 359\d seconds after its time: the deployment's label milliways.catchup is 'none', and runs .* not made up for\.$/;
    expect((await app.get(`/flow_runs/${run?.id}`)).body.state).toMatchObject({
      type: "CANCELLED",
      name: "Skipped",
      message: expect.stringMatching(message),
    });
    const history = (await app.get(`/flow_run_states/?flow_run_id=${run?.id}`)).body;
    expect(history.map(({ name }: { name: string }) => name)).toEqual(["Scheduled", "Skipped"]);
    expect(await toldEvents(app.deps(), "prefect.flow-run.Skipped")).toHaveLength(1);
    const why = (await app.get(`/flow_runs/${run?.id}/why_late`)).body;
    expect(why.reasons).toEqual([{ kind: "skipped", message: expect.stringMatching(message), holders: [] }]);
  });

  it("are told by why_late before they are skipped", async () => {
    const none = await deploy({ "milliways.catchup": "none" });
    const latest = await deploy({ "milliways.catchup": "latest" });
    const reasonOf = async (id: string) => {
      const [run] = await runsOf(id);
      const answer = await app.get(`/flow_runs/${run?.id}/why_late`);
      expect(answer.roundTrips).toBe(1);
      const kinds = answer.body.reasons.map(({ kind }: { kind: string }) => kind);
      const at = kinds.indexOf("catch_up");
      return [at === 0 ? "first" : at === -1 ? "none" : "last", answer.body.reasons[at]?.message];
    };
    expect((await reasonOf(none))[0]).toBe("none");
    clock.advance(hours + 60);
    expect(await reasonOf(none)).toEqual([
      "last",
      expect.stringContaining("'none' of its late runs: it is skipped if it does not"),
    ]);
    expect(await reasonOf(latest)).toEqual(["last", expect.stringContaining("it is skipped when a newer run")]);
    clock.advance(hours);
    for (const id of [none, latest])
      expect(await reasonOf(id)).toEqual(["first", expect.stringContaining("it is handed out no more")]);
  });

  it("are the only ones: runs made by hand, tried or waiting for a slot are not skipped", async () => {
    const id = await deploy({ "milliways.catchup": "none", "milliways.max_late_seconds": 0 });
    const byHand = (await app.post(`/deployments/${id}/create_flow_run`, {})).body.id;
    const [retried, waits] = await runsOf(id).then((runs) => runs.filter((run) => run.id !== byHand));
    await app.post(`/flow_runs/${retried?.id}/set_state`, { state: { type: "RUNNING" }, force: true });
    await app.post(`/flow_runs/${retried?.id}/set_state`, { state: { type: "SCHEDULED" }, force: true });
    await app.post(`/flow_runs/${waits?.id}/set_state`, {
      state: { type: "SCHEDULED", name: "AwaitingConcurrencySlot" },
      force: true,
    });
    clock.advance(2.5 * hours);
    await tick();
    const left = [byHand, retried?.id, waits?.id];
    expect((await handedOut(id))[0]).toEqual(left.toSorted());
  });

  it("of which a worker takes one at the same moment are the worker's or skipped, each once", async () => {
    const id = await deploy({ "milliways.catchup": "none" });
    const other = await deploy({ "milliways.catchup": "none" });
    clock.advance(6.5 * hours);
    const runs = [...(await runsOf(id)), ...(await runsOf(other))];
    const [, ...taken] = await Promise.all([
      tick(),
      ...runs.map((run) => app.post(`/flow_runs/${run.id}/set_state`, { state: { type: "PENDING" } })),
    ]);
    await tick();
    const { rows } = await app.deps().db.execute(sql`select r.id, r.state_name, (select count(*) from flow_run_state s
      where s.flow_run_id = r.id and s.name in ('Pending', 'Skipped')) from flow_run r order by r.id`);
    const outcomes = new Map(rows.map(([run, name, states]) => [run, [name, states]]));
    for (const [i, run] of runs.entries()) {
      const accepted = taken[i]?.body.status === "ACCEPT";
      expect(outcomes.get(run.id)).toEqual([accepted ? "Pending" : "Skipped", 1]);
    }
  });

  it("are skipped in batches, each once when two ticks meet", async () => {
    const id = await deploy({ "milliways.catchup": "none" }, { schedules: [{ schedule: { interval: 60 } }] });
    await app.post(`/deployments/${id}/schedule`, {
      start_time: formatTime(clock.now()),
      end_time: formatTime(clock.now() + 5 * hours * 1_000_000),
      min_runs: 250,
      max_runs: 250,
    });
    clock.advance(6 * hours);
    const many = (await runsOf(id)).length;
    expect(many).toBeGreaterThan(100);
    await Promise.all([tick(), tick()]);
    await tick();
    expect(await toldEvents(app.deps(), "prefect.flow-run.Skipped")).toHaveLength(
      Number((await app.post("/flow_runs/count", { flow_runs: { state: { name: { any_: ["Skipped"] } } } })).body),
    );
    expect(new Set(await statesOf(id))).toEqual(new Set(["Skipped"]));
  }, 60_000);

  it("cost an idle server a look", async () => {
    await deploy({ "milliways.catchup": "none" });
    expect(await tick()).toBe(2);
  });
});

describe("the labels of a deployment for late runs", () => {
  let app: TestApp;
  let flow: string;
  const tools = deploymentTools(() => app);
  beforeEach(async () => {
    app = await testApp();
    flow = await tools.flow({ labels: { "milliways.catchup": "nonsense" } });
  });
  const create = (labels: object) => app.post("/deployments/", { name: "d", flow_id: flow, labels });

  it.each([
    ["milliways.catchup", "newest", "Input should be 'all', 'latest' or 'none'"],
    ["milliways.catchup", true, "Input should be 'all', 'latest' or 'none'"],
    ["milliways.max_late_seconds", -1, "Input should be a whole number of seconds from 0 to 31536000"],
    ["milliways.max_late_seconds", 31_536_001, "Input should be a whole number of seconds from 0 to 31536000"],
    ["milliways.max_late_seconds", 1.5, "Input should be a whole number of seconds from 0 to 31536000"],
    ["milliways.max_late_seconds", "60", "Input should be a whole number of seconds from 0 to 31536000"],
  ])("refuse for %s the value %j", async (label, value, message) => {
    const answer = await create({ [label]: value });
    expect([answer.status, answer.body.exception_detail]).toEqual([
      422,
      [expect.objectContaining({ loc: ["body", "labels", label], msg: `Value error, ${message}`, type: "value_error" })],
    ]);
    expect((await app.post("/deployments/count", {})).body).toBe(0);
  });

  it("take valid values beside others, and are shown", async () => {
    const labels = { "milliways.catchup": "latest", "milliways.max_late_seconds": 60, other: true };
    expect((await create(labels)).body.labels).toMatchObject(labels);
  });

  it("are of no effect where the flow passed on an invalid one", async () => {
    const { id } = (await create({})).body;
    expect((await app.get(`/deployments/${id}`)).body.labels).toMatchObject({ "milliways.catchup": "nonsense" });
    const found = await app.deps().db.execute(givenUpRuns("none", 0, 1));
    expect(found.rows).toEqual([]);
  });
});

describe("among sixty thousand runs and two thousand deployments", () => {
  const count = { deployments: 2_000, ended: 60_000, late: 3_000 };
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let db: ReturnType<typeof measuringDatabase>;
  const rowsRead = async (statement: Sql) => {
    await db.execute(statement);
    return db.taken()[0]?.rowsRead ?? 0;
  };
  const noon = 1_900_000_000_000_000;
  beforeEach(async () => {
    database = await freshDatabase();
    const client = createClient(database);
    // Deployment 1 has the late runs, a second apart, of which each hundredth is of deployment 2.
    const runs = (name: string, many: number, state: string) => `insert into flow_run
        (id, created, updated, name, flow_id, deployment_id, work_queue_id, idempotency_key, state_type, state_name, expected_start_time, next_scheduled_start_time, auto_scheduled)
      select '${name}-' || n, 1, 1, 'r', 'f', 'd-' || d, 'q', 'scheduled ' || printf('%-73s', 'd-' || d) || ' ' || printf('%07d', n), ${state},
        ${noon} - (${many} - n) * 1000000, ${noon} - (${many} - n) * 1000000, 1
      from (select value as n, case when value % 100 = 0 then 2 else 1 end as d from generate_series(1, ${many}))`;
    await client.batch([
      "insert into flow (id, created, updated, name, tags, labels) values ('f', 1, 1, 'f', '[]', '{}')",
      "insert into work_pool (id, created, updated, name, type) values ('p', 1, 1, 'p', 'process')",
      "insert into work_queue (id, created, updated, name, work_pool_id, priority) values ('q', 1, 1, 'q', 'p', 1)",
      `insert into deployment (id, created, updated, name, flow_id, labels) select 'd-' || value, 1, 1, 'd' || value, 'f', '{"prefect.flow.id":"f"}' from generate_series(1, ${count.deployments})`,
      runs("late", count.late, "'SCHEDULED', 'Late'"),
      runs("ended", count.ended, "'COMPLETED', 'Completed'").replace("'scheduled '", "'ended '"),
    ]);
    client.close();
    db = measuringDatabase(database);
  }, 60_000);
  const govern = (deployment: string, mode: string) =>
    db.execute(sql`update deployment set labels = ${`{"milliways.catchup":"${mode}"}`} where id = ${deployment}`);
  const poll = {
    work_pool_name: "p",
    work_queue_names: [],
    scheduled_before: noon,
    scheduled_after: null,
    limit: 100,
    now: noon + 1,
  };

  it("a tick reads the deployments once, and the overdue runs of those with the policy alone", async () => {
    expect(await rowsRead(givenUpRuns("latest", noon + 1, 100))).toBeLessThan(count.deployments + 10);
    await govern("d-2", "latest");
    db.taken();
    expect(await rowsRead(givenUpRuns("latest", noon + 1, 100))).toBeLessThan(count.deployments + 4 * 30 + 10);
    await govern("d-2", "none");
    db.taken();
    expect(await rowsRead(givenUpRuns("none", noon + 1, 10))).toBeLessThan(100);
  });

  it("a poll reads a deployment's row more for each run that is overdue, and skips over those that are given up", async () => {
    const runs = await db.execute(selectDue(poll));
    const plain = db.taken()[0]?.rowsRead ?? 0;
    expect(runs.rows).toHaveLength(100);
    expect(await rowsRead(selectDue({ ...poll, now: 0 }))).toBe(plain - 100);
    await govern("d-1", "none");
    db.taken();
    expect((await db.execute(selectDue({ ...poll, now: noon + 301_000_000 }))).rows).not.toHaveLength(0);
    expect(db.taken()[0]?.rowsRead).toBeLessThan(5 * count.late);
  });
});

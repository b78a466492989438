import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatTime, type Micros } from "../../src/lib/time.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { randomOf } from "../support/random.ts";

const nobody = "00000000-0000-4000-8000-00000000dead";
const id = (kind: string, i: number) => `${kind}0000000-0000-4000-8000-${String(i).padStart(12, "0")}`;
const second = 1_000_000;
const minute = 60 * second;
const start: Micros = Date.UTC(2031, 0, 1) * 1000;
const types = ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING"] as const;
const final = ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"];

interface Run {
  readonly id: string;
  readonly flow_id: string;
  readonly tag: string;
  readonly state_type: string | null;
  readonly state_timestamp: Micros;
  readonly total_run_time: Micros;
  readonly expected_start_time: Micros;
  readonly next_scheduled_start_time: Micros | null;
  readonly start_time: Micros | null;
  readonly parent_task_run_id: string | null;
}

interface Task {
  readonly id: string;
  readonly flow_run_id: string | null;
  readonly state_type: string | null;
  readonly start_time: Micros | null;
}

interface World {
  readonly app: TestApp;
  readonly now: Micros;
  readonly flows: readonly string[];
  readonly deployments: readonly string[];
  readonly runs: readonly Run[];
  readonly tasks: readonly Task[];
}

/** Runs of every state at random times, straight in the database. */
async function randomWorld(): Promise<World> {
  const now = start + 40 * minute;
  const app = await testApp({}, { now: () => now });
  const { below, chance, one } = randomOf(12);
  const flows: string[] = [];
  const deployments: string[] = [];
  for (let i = 0; i < 6; i++) {
    flows.push((await app.post("/flows/", { name: `flow-${i}` })).body.id);
    for (let j = 0; j < i; j++) {
      await app.post("/deployments/", { name: `d-${j}`, flow_id: flows[i] });
      deployments.push(flows[i] ?? "");
    }
  }
  const tasks = Array.from(
    { length: 400 },
    (_, i): Task => ({
      id: id("b", i),
      flow_run_id: chance(0.1) ? null : id("a", below(60)),
      state_type: chance(0.05) ? null : one(types),
      start_time: chance(0.1) ? null : start + below(60 * minute),
    }),
  );
  const runs = Array.from({ length: 150 }, (_, i): Run => {
    const state_type = chance(0.05) ? null : one(types);
    const expected_start_time = start + below(60) * minute;
    return {
      id: id("a", i),
      flow_id: one(flows),
      tag: one(["x", "y"]),
      state_type,
      state_timestamp: start + below(60 * minute),
      total_run_time: below(100 * second),
      expected_start_time,
      next_scheduled_start_time: state_type === "SCHEDULED" ? start + i * minute : null,
      start_time: state_type === "SCHEDULED" || chance(0.2) ? null : expected_start_time + below(2 * minute),
      parent_task_run_id: chance(0.3) ? (tasks[i]?.id ?? null) : null,
    };
  });
  await app.deps().db.write([
    ...runs.map(
      (
        r,
        i,
      ) => sql`insert into flow_run (id, created, updated, name, flow_id, tags, state_type, state_name, state_timestamp, total_run_time,
        expected_start_time, next_scheduled_start_time, start_time) values (${r.id}, ${i}, ${i}, ${`run-${i}`}, ${r.flow_id}, ${`["${r.tag}"]`},
        ${r.state_type}, ${r.state_type === "SCHEDULED" && i % 2 ? "Late" : r.state_type}, ${r.state_timestamp}, ${r.total_run_time},
        ${r.expected_start_time}, ${r.next_scheduled_start_time}, ${r.start_time})`,
    ),
    ...runs.map((r) => sql`insert into flow_run_tag (tag, flow_run_id) values (${r.tag}, ${r.id})`),
    ...tasks.map(
      (
        t,
        i,
      ) => sql`insert into task_run (id, created, updated, name, flow_run_id, task_key, dynamic_key, state_type, state_name, start_time)
        values (${t.id}, ${i}, ${i}, ${`task-${i % 7}`}, ${t.flow_run_id}, 'key', ${String(i)}, ${t.state_type}, ${t.state_type}, ${t.start_time})`,
    ),
    ...runs.map((r) => sql`update flow_run set parent_task_run_id = ${r.parent_task_run_id} where id = ${r.id}`),
  ]);
  return { app, now, flows, deployments, runs, tasks };
}

describe("the aggregates of the web interface equal what a look at every row finds", () => {
  let world: World;
  beforeAll(async () => {
    world = await randomWorld();
  });
  const ask = async (path: string, body: unknown) => {
    const answer = await world.app.post(path, body);
    expect([answer.status, answer.roundTrips]).toEqual([200, 1]);
    return answer.body;
  };
  const tagOf = (flow_run_id: string | null) => world.runs.find((run) => run.id === flow_run_id)?.tag;

  it("for deployments of flows", async () => {
    const { flows, deployments } = world;
    const expected = flows.map((flow) => [flow, deployments.filter((of) => of === flow).length]);
    expect(expected.some(([, count]) => count === 0) && expected.some(([, count]) => count === 5)).toBe(true);
    const flow_ids = [...flows, nobody, String(flows[1]).toUpperCase()];
    expect(await ask("/ui/flows/count-deployments", { flow_ids })).toEqual({ ...Object.fromEntries(expected), [nobody]: 0 });
  });

  it("for the next runs of flows", async () => {
    const { flows, runs } = world;
    const answer = await ask("/ui/flows/next-runs", { flow_ids: [...flows, nobody] });
    const first = (flow: string) =>
      runs
        .filter((run) => run.flow_id === flow && run.state_type === "SCHEDULED")
        .sort((a, b) => Number(a.next_scheduled_start_time) - Number(b.next_scheduled_start_time))[0];
    expect(flows.every((flow) => first(flow) !== undefined)).toBe(true);
    expect(Object.keys(answer).sort()).toEqual([...flows, nobody].sort());
    expect(answer[nobody]).toBeNull();
    for (const flow of flows) {
      const run = first(flow);
      expect(answer[flow]).toMatchObject({
        id: run?.id,
        flow_id: flow,
        state_type: "SCHEDULED",
        next_scheduled_start_time: formatTime(Number(run?.next_scheduled_start_time)),
      });
    }
  });

  it("for task runs of flow runs, without those that stand for a subflow run", async () => {
    const { runs, tasks } = world;
    const stands = new Set(runs.map((run) => run.parent_task_run_id));
    const asked = runs.slice(0, 100).map((run) => run.id);
    const counted = (left: readonly Task[]) => asked.map((run) => left.filter((task) => task.flow_run_id === run).length);
    const expected = counted(tasks.filter((task) => !stands.has(task.id)));
    expect(expected).not.toEqual(counted(tasks));
    expect(await ask("/ui/flow_runs/count-task-runs", { flow_run_ids: [...asked, nobody] })).toEqual({
      ...Object.fromEntries(asked.map((run, i) => [run, expected[i]])),
      [nobody]: 0,
    });
  });

  it("for the history of flow runs", async () => {
    const { runs, now } = world;
    const wire = (run: Run) => ({
      id: run.id,
      state_type: run.state_type,
      timestamp: formatTime(run.start_time ?? run.expected_start_time),
      duration: (run.total_run_time + (run.state_type === "RUNNING" ? Math.max(0, now - run.state_timestamp) : 0)) / second,
      lateness:
        Math.max(0, (run.start_time ?? (final.includes(String(run.state_type)) ? 0 : now)) - run.expected_start_time) / second,
    });
    const order = new Map(runs.map((run, i) => [run, i]));
    const expected = runs
      .filter((run) => run.state_type !== null)
      .sort((a, b) => b.expected_start_time - a.expected_start_time || Number(order.get(b)) - Number(order.get(a)));
    expect(await ask("/ui/flow_runs/history", {})).toEqual(expected.map(wire));
    expect(await ask("/ui/flow_runs/history", { limit: -1, offset: 100 })).toEqual(expected.slice(100).map(wire));
    expect(await ask("/ui/flow_runs/history", { limit: 5, offset: 5, flow_runs: { tags: { all_: ["x"] } } })).toEqual(
      expected
        .filter((run) => run.tag === "x")
        .slice(5, 10)
        .map(wire),
    );
    expect(await ask("/ui/flow_runs/history", { limit: 0 })).toEqual([]);
  });

  const counted = (tasks: readonly Task[]) =>
    Object.fromEntries(types.map((type) => [type, tasks.filter((task) => task.state_type === type).length]));

  it("for task runs by state", async () => {
    const { tasks } = world;
    expect(await ask("/ui/task_runs/count", {})).toEqual(counted(tasks));
    expect(await ask("/ui/task_runs/count", { flow_runs: { tags: { all_: ["x"] } } })).toEqual(
      counted(tasks.filter((task) => tagOf(task.flow_run_id) === "x")),
    );
    expect(await ask("/ui/task_runs/count", { flow_runs: {}, task_runs: { state: { type: { any_: ["FAILED"] } } } })).toEqual(
      counted(tasks.filter((task) => task.flow_run_id !== null && task.state_type === "FAILED")),
    );
  });

  const parted = (tasks: readonly Task[], from: Micros, until: Micros) =>
    Array.from({ length: 20 }, (_, part) => {
      const inside = tasks.filter(
        ({ start_time }) => start_time !== null && Math.min(19, Math.floor(((start_time - from) * 20) / (until - from))) === part,
      );
      const { COMPLETED = 0, CANCELLED = 0, FAILED = 0, CRASHED = 0 } = counted(inside);
      return { completed: COMPLETED + CANCELLED, failed: FAILED + CRASHED };
    });
  const within = (after: Micros, before: Micros) =>
    world.tasks.filter(({ start_time }) => start_time !== null && start_time >= after && start_time <= before);

  it("for completed and failed task runs over time, with the exact bounds of the filter", async () => {
    const [after, before] = [start + 3 * minute + 17 * second, start + 44 * minute + 5 * second];
    const window = [start + 3 * minute, start + 45 * minute - 1] as const;
    const start_time = { after_: formatTime(after), before_: formatTime(before) };
    const chart = (body: object, more: object = {}) =>
      ask("/ui/task_runs/dashboard/counts", { task_runs: { start_time, ...more }, ...body });
    const matching = within(after, before);
    expect(await chart({})).toEqual(parted(matching, ...window));
    expect(await chart({}, { state: { type: { any_: ["RUNNING"] } } })).toEqual(parted(matching, ...window));
    expect(await chart({ flow_runs: { tags: { all_: ["x"] } } })).toEqual(
      parted(
        matching.filter((task) => tagOf(task.flow_run_id) === "x"),
        ...window,
      ),
    );
    const run = String(world.runs[3]?.id);
    expect(await chart({}, { flow_run_id: { any_: [run] } })).toEqual(
      parted(
        matching.filter((task) => task.flow_run_id === run),
        ...window,
      ),
    );
    expect(await chart({ work_pools: {} })).toEqual(parted([], ...window));
  });

  it("for completed and failed task runs until the end of this minute", async () => {
    const end = world.now + minute - 1;
    const chart = await ask("/ui/task_runs/dashboard/counts", { task_runs: { start_time: { after_: formatTime(start) } } });
    expect(chart).toEqual(parted(within(start, end), start, end));
  });

  it("for a window that ends before it begins, which is empty", async () => {
    const start_time = { after_: formatTime(start + 30 * minute), before_: formatTime(start) };
    const chart = await ask("/ui/task_runs/dashboard/counts", { task_runs: { start_time } });
    expect(chart).toEqual(Array.from({ length: 20 }, () => ({ completed: 0, failed: 0 })));
  });
});

describe("the endpoints of the web interface", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  const lists: [string, string][] = [
    ["/ui/flows/count-deployments", "flow_ids"],
    ["/ui/flows/next-runs", "flow_ids"],
    ["/ui/flow_runs/count-task-runs", "flow_run_ids"],
  ];

  it.each(lists)("%s takes no or two hundred ids and refuses one more", async (path, key) => {
    const ids = Array.from({ length: 201 }, (_, i) => id("c", i));
    expect((await app.post(path, { [key]: [] })).body).toEqual({});
    const most = await app.post(path, { [key]: ids.slice(0, 200) });
    expect([most.status, Object.keys(most.body).length]).toEqual([200, 200]);
    const { status, body } = await app.post(path, { [key]: ids });
    expect([status, body.exception_detail[0].type, body.exception_detail[0].msg]).toEqual([
      422,
      "too_long",
      "List should have at most 200 items after validation, not 201",
    ]);
    for (const wrong of [undefined, {}, ids, { [key]: null }, { [key]: ["x"] }, { [key]: ids[0] }])
      expect((await app.post(path, wrong)).status).toBe(422);
  });

  it.each([
    ["/ui/flow_runs/history", { limit: 1001 }],
    ["/ui/flow_runs/history", { offset: -1 }],
    ["/ui/flow_runs/history", { sort: "STATE" }],
    ["/ui/flow_runs/history", { flow_runs: { unknown: 1 } }],
    ["/ui/task_runs/count", { task_runs: { unknown: 1 } }],
    ["/ui/task_runs/dashboard/counts", {}],
    ["/ui/task_runs/dashboard/counts", { task_runs: null }],
    ["/ui/schemas/validate", { schema: {} }],
    ["/ui/schemas/validate", { schema: {}, values: [] }],
  ])("%s refuses %j", async (path, body) => {
    const answer = await app.post(path, body);
    expect([answer.status, answer.body.exception_message]).toEqual([422, "Invalid request received."]);
  });

  it("need the start of a window of task runs", async () => {
    const { status, body } = await app.post("/ui/task_runs/dashboard/counts", {
      task_runs: { start_time: { before_: "2035-01-01" } },
    });
    expect([status, body]).toEqual([422, { detail: "task_runs.start_time.after_ is required" }]);
  });

  it("show a task run with the name of its flow run, null without one", async () => {
    const flow_id = (await app.post("/flows/", { name: "f" })).body.id;
    const flow_run_id = (await app.post("/flow_runs/", { flow_id, name: "the run" })).body.id;
    const task = (await app.post("/task_runs/", { flow_run_id, task_key: "t", dynamic_key: "0" })).body;
    const alone = (await app.post("/task_runs/", { task_key: "t", dynamic_key: "1" })).body;
    const answer = await app.get(`/ui/task_runs/${task.id}`);
    expect([answer.status, answer.roundTrips]).toEqual([200, 1]);
    const plain = (await app.get(`/task_runs/${task.id}`)).body;
    const moving = { estimated_run_time: expect.any(Number), estimated_start_time_delta: expect.any(Number) };
    expect(answer.body).toEqual({ ...plain, ...moving, flow_run_name: "the run" });
    expect((await app.get(`/ui/task_runs/${alone.id}`)).body.flow_run_name).toBeNull();
    expect((await app.get(`/ui/task_runs/${nobody}`)).body).toEqual({ detail: "Task not found" });
  });

  const schema = { type: "object", properties: { n: { type: "integer" }, list: { type: "array", items: { type: "integer" } } } };
  const check = (values: object, by: object = schema) => app.post("/ui/schemas/validate", { schema: by, values });

  it("check values against a schema without a look at the database", async () => {
    const { body, roundTrips } = await check({ n: "x", list: [1, "y"] });
    expect(body).toEqual({
      errors: [
        { property: "n", errors: ["'x' is not valid under any of the given schemas"] },
        { property: "list", errors: [{ index: 1, errors: ["'y' is not of type 'integer'"] }] },
      ],
      valid: false,
    });
    expect(roundTrips).toBe(0);
  });

  it("check values that name variables, which one round trip reads", async () => {
    await app.post("/variables/", { name: "five", value: 5 });
    await app.post("/variables/", { name: "word", value: "x" });
    const required = { ...schema, required: ["n", "list"] };
    const named = (variable_name: string) => ({ __prefect_kind: "workspace_variable", variable_name });
    const answer = await check({ n: named("five"), list: [named("five"), named("word"), named("nope")] }, required);
    expect(answer.body).toEqual({
      errors: [
        {
          property: "list",
          errors: [
            { index: 1, errors: ["'x' is not of type 'integer'"] },
            { index: 2, errors: ["Variable 'nope' not found in workspace."] },
          ],
        },
      ],
      valid: false,
    });
    expect(answer.roundTrips).toBe(1);
  });

  it("refuse a schema that is none", async () => {
    const { status, body } = await check({}, { type: "nonsense" });
    expect([status, body]).toEqual([422, { detail: "Invalid schema: 'nonsense' is not valid under any of the given schemas" }]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { formatTime } from "../../src/lib/time.ts";
import { observedStatesQuery } from "../../src/store/observed-states/read.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { type TestApp, testApp } from "../support/app.ts";

interface Made {
  readonly table: "flow_run_state" | "task_run_state";
  readonly type: string;
  readonly name: string;
  readonly timestamp: number;
}

describe("observed states", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });
  const list = (query = "") => app.get(`/observed-states${query}`);

  const store = async (states: readonly Made[]) => {
    const flow = await app.post("/flows/", { name: "f" });
    const run = (await app.post("/flow_runs/", { flow_id: flow.body.id })).body.id;
    const task = (await app.post("/task_runs/", { flow_run_id: run, task_key: "t", dynamic_key: "0" })).body.id;
    await app
      .deps()
      .db.write([
        sql`delete from flow_run_state`,
        sql`delete from task_run_state`,
        ...states.map(({ table, type, name, timestamp }, i) =>
          table === "flow_run_state"
            ? sql`insert into flow_run_state (id, flow_run_id, type, name, timestamp, state_details) values (${`s${i}`}, ${run}, ${type}, ${name}, ${timestamp}, '{}')`
            : sql`insert into task_run_state (id, task_run_id, type, name, timestamp, state_details) values (${`s${i}`}, ${task}, ${type}, ${name}, ${timestamp}, '{}')`,
        ),
      ]);
  };

  it("are the pairs that transitions of flow runs and task runs left, the last seen first", async () => {
    const flow = await app.post("/flows/", { name: "f" });
    const run = await app.post("/flow_runs/", { flow_id: flow.body.id, state: { type: "SCHEDULED" } });
    await app.post(`/flow_runs/${run.body.id}/set_state`, { state: { type: "RUNNING" }, force: true });
    await app.post("/task_runs/", { flow_run_id: run.body.id, task_key: "t", dynamic_key: "0", state: { type: "PENDING" } });
    const { status, body, roundTrips } = await list();
    expect([status, roundTrips]).toEqual([200, 1]);
    expect(body.map((each: Record<string, string>) => [each.state_type, each.state_name])).toEqual([
      ["PENDING", "Pending"],
      ["RUNNING", "Running"],
      ["SCHEDULED", "Scheduled"],
    ]);
    expect(body.every((each: Record<string, string>) => each.first_seen === each.last_seen)).toBe(true);
    await app.delete(`/flow_runs/${run.body.id}`);
    expect((await list()).body).toEqual([]);
  });

  it("equal what a look at every state finds", async () => {
    const types = ["COMPLETED", "FAILED", "RUNNING"];
    const names = ["Completed", "completed", "50%", "50_", "Äpfel", "a\\b", "Running"];
    const states = Array.from({ length: 300 }, (_, i): Made => {
      const pick = <T>(of: readonly T[], by: number): T => of[(i * by) % of.length] as T;
      return {
        table: i % 3 ? "flow_run_state" : "task_run_state",
        type: pick(types, 7),
        name: pick(names, 5),
        timestamp: (i * 7919) % 1009,
      };
    });
    const unique = [...new Map(states.map((each) => [`${each.table} ${each.timestamp}`, each])).values()];
    await store(unique);
    const pairs = Map.groupBy(unique, ({ type, name }) => `${type} ${name}`);
    const all = [...pairs.values()].map((group) => {
      const times = group.map(({ timestamp }) => timestamp);
      return { type: group[0]?.type ?? "", name: group[0]?.name ?? "", first: Math.min(...times), last: Math.max(...times) };
    });
    const byName = (one: (typeof all)[0], two: (typeof all)[0]) =>
      Buffer.compare(Buffer.from(one.type), Buffer.from(two.type)) ||
      Buffer.compare(Buffer.from(one.name), Buffer.from(two.name));
    const wire = (rows: typeof all) =>
      rows.map(({ type, name, first, last }) => ({
        state_type: type,
        state_name: name,
        first_seen: formatTime(first),
        last_seen: formatTime(last),
      }));
    expect((await list("?order_by=NAME_ASC")).body).toEqual(wire([...all].sort(byName)));
    expect((await list("?limit=4")).body).toEqual(wire([...all].sort((a, b) => b.last - a.last || byName(a, b)).slice(0, 4)));
    for (const query of ["COMP", "50%", "50_", "  run ", "a\\", "Ä", "zzz"]) {
      const begin = query.trim().toLowerCase();
      const expected = all.filter(({ type, name }) => [type, name].some((text) => text.toLowerCase().startsWith(begin)));
      expect((await list(`?order_by=NAME_ASC&query=${encodeURIComponent(query)}`)).body).toEqual(wire(expected.sort(byName)));
    }
  });

  it.each(["limit=0", "limit=201", "order_by=NAME", `query=${"x".repeat(101)}`])("refuse ?%s", async (query) => {
    expect((await list(`?${query}`)).status).toBe(422);
  });

  it("are read from the indexes by jumps", async () => {
    const { sql: text, args } = observedStatesQuery({ prefix: "", sort: "LAST_SEEN_DESC", limit: 200 });
    const plan = await app.deps().db.execute({ sql: `explain query plan ${text}`, args });
    const steps = plan.rows.map((row) => String(row[3]));
    expect(
      steps.filter(
        (step) => /(flow|task)_run_state/.test(step) && !/COVERING INDEX ix_(flow|task)_run_state__type_name/.test(step),
      ),
    ).toEqual([]);
    expect(
      steps.filter((step) => /SEARCH s USING COVERING INDEX ix_flow_run_state__type_name/.test(step)).length,
    ).toBeGreaterThan(3);
  });
});

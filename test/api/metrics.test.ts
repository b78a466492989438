import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { readMetrics } from "../../src/store/metrics/read.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { measuringDatabase } from "../scale/measuring-database.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { admin, bearer, makeKey, password } from "../support/keys.ts";
import { storeManyRuns } from "../support/many-runs.ts";

const token = "a-token-of-metrics";

/** Asks for the page of a new app on the same isolate. */
const ask = (app: TestApp, headers: Record<string, string> = {}) => createApp(app.isolate).request("/metrics", { headers });

/** Returns the values of the page by name and labels. */
async function valuesOf(app: TestApp): Promise<Record<string, number>> {
  const text = await (await ask(app)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(" ")).replace("milliways_", ""),
      Number(line.slice(line.lastIndexOf(" "))),
    ]),
  );
}

describe("who may read the metrics", () => {
  it("is an owner, or who has the token, which opens nothing else", async () => {
    const app = await testApp({ MILLIWAYS_AUTH_STRING: password, MILLIWAYS_METRICS_TOKEN: token });
    const owner = await makeKey(app, "owner");
    const developer = await makeKey(app, "developer");
    const status = async (headers: Record<string, string>) => (await ask(app, headers)).status;
    expect(await status(admin)).toBe(200);
    expect(await status(owner.headers)).toBe(200);
    expect(await status(bearer(token))).toBe(200);
    expect(await status({})).toBe(401);
    expect(await status(developer.headers)).toBe(401);
    expect(await status(bearer(`${token}x`))).toBe(401);
    expect(await status({ authorization: `Basic ${btoa(token)}` })).toBe(401);
    expect((await app.get("/version", bearer(token))).status).toBe(401);
  });

  it("is anybody at an open server, and nobody by a token where none is set", async () => {
    expect((await ask(await testApp())).status).toBe(200);
    const closed = await testApp({ MILLIWAYS_AUTH_STRING: password });
    expect((await ask(closed, bearer(token))).status).toBe(401);
    expect((await ask(closed, bearer(""))).status).toBe(401);
  });
});

describe("the metrics", () => {
  it("are in the text format of Prometheus: each line is a comment or a value, each name has its help and type", async () => {
    const app = await testApp();
    await app.post("/work_pools/", { name: 'a "pool" \\ of', type: "process" });
    const response = await ask(app);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = (await response.text()).split("\n").filter((line) => line !== "");
    const value =
      /^milliways_[a-z0-9_]+(\{[a-z_]+="([^"\\\n]|\\["\\n])*"(,[a-z_]+="([^"\\\n]|\\["\\n])*")*\})? \d+(\.\d+)?(e-\d+)?$/;
    expect(lines.filter((line) => !/^# (HELP|TYPE) milliways_\w+ ./.test(line) && !value.test(line))).toEqual([]);
    expect(lines).toContain('milliways_workers_online{work_pool="a \\"pool\\" \\\\ of"} 0');
    const names = (word: string) => lines.filter((line) => line.startsWith(`# ${word} `)).map((line) => line.split(" ")[2]);
    expect(names("HELP")).toEqual(names("TYPE"));
    expect(new Set(names("HELP")).size).toBe(names("HELP").length);
  });

  it("tell runs by their states, late and due ones, slots, workers and what waits", async () => {
    const app = await testApp();
    const flow_id = (await app.post("/flows/", { name: "f" })).body.id;
    const run = (state: object) => app.post("/flow_runs/", { flow_id, state });
    const { db, now } = app.deps();
    const scheduled_time = new Date(now() / 1000 - 90_000).toISOString();
    const late = (await run({ type: "SCHEDULED", state_details: { scheduled_time } })).body.id;
    await app.post(`/flow_runs/${late}/set_state`, {
      state: { type: "SCHEDULED", name: "Late", state_details: { scheduled_time } },
      force: true,
    });
    await run({ type: "SCHEDULED", state_details: { scheduled_time: "2100-01-01T00:00:00Z" } });
    const running = (await run({ type: "RUNNING" })).body.id;
    const ended = (await run({ type: "RUNNING" })).body.id;
    await app.post(`/flow_runs/${ended}/set_state`, { state: { type: "COMPLETED" } });
    await app.post("/task_runs/", { flow_run_id: running, task_key: "t", dynamic_key: "0", state: { type: "PENDING" } });
    await app.post("/v2/concurrency_limits/", { name: "big", limit: 10 });
    await app.post("/v2/concurrency_limits/", { name: "small", limit: 3 });
    await app.post("/v2/concurrency_limits/increment-with-lease", { names: ["big"], slots: 4, mode: "concurrency" });
    await app.post("/work_pools/", { name: "pool", type: "process" });
    await app.post("/work_pools/", { name: "silent", type: "process" });
    await app.post("/work_pools/pool/workers/heartbeat", { name: "w1" });
    await app.post("/work_pools/pool/workers/heartbeat", { name: "w2" });
    await db.execute(sql`update worker set last_heartbeat_time = 1 where name = 'w2'`);
    await app.settled();
    const values = await valuesOf(app);
    expect(values).toMatchObject({
      'flow_runs{state_type="SCHEDULED"}': 2,
      'flow_runs{state_type="RUNNING"}': 1,
      'flow_runs{state_type="PENDING"}': 0,
      'task_runs{state_type="PENDING"}': 1,
      'flow_runs_ended_5m{state_type="COMPLETED"}': 1,
      flow_runs_late: 1,
      concurrency_slots: 13,
      concurrency_slots_taken: 4,
      'concurrency_limit_slots{name="big"}': 10,
      'concurrency_limit_slots_taken{name="big"}': 4,
      'workers_online{work_pool="pool"}': 1,
      'workers_online{work_pool="silent"}': 0,
      events_behind: 0,
      automation_actions_waiting: 0,
      automation_actions_dead: 0,
      counts_cut: 0,
    });
    expect(values.oldest_due_seconds).toBeGreaterThanOrEqual(90);
    expect(values.oldest_due_seconds).toBeLessThan(3600);
  });

  it("tell the events that automations are behind, and their actions", async () => {
    const app = await testApp();
    const { db } = app.deps();
    const trigger = { posture: "Reactive", expect: ["it.happened"], threshold: 1 };
    await app.post("/automations/", { name: "a", trigger, actions: [] });
    await app.settled();
    await db.write([
      sql`update automation_cursor set position = (select max(position) from event) - 2, version = version + 1`,
      sql`insert into automation_firing (id, automation_id, triggered, automation, firing, triggered_event_id) values ('f', 'a', 0, '{}', '{}', 'e')`,
      ...[0, 1, null].map(
        (due, i) =>
          sql`insert into automation_action (invocation, firing_id, action_index, action, due) values (${`i${i}`}, 'f', ${i}, '{}', ${due})`,
      ),
    ]);
    expect(await valuesOf(app)).toMatchObject({ events_behind: 2, automation_actions_waiting: 2, automation_actions_dead: 1 });
  });

  it("count the requests of the isolate by route, and those that lead nowhere as one", async () => {
    const app = await testApp();
    await app.get("/version");
    await app.get("/version");
    await app.post("/flows/", {});
    for (let i = 0; i < 20; i++) await app.request(`X${i}`, `/nowhere/${i}`);
    const values = await valuesOf(app);
    const of = (prefix: string) => Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith(prefix)));
    expect(of("requests_total")).toEqual({
      'requests_total{method="GET",route="/version",status="2xx"}': 2,
      'requests_total{method="POST",route="/flows/",status="4xx"}': 1,
      'requests_total{method="other",route="other",status="4xx"}': 20,
    });
    const duration = "request_duration_seconds";
    expect(values[`${duration}_bucket{method="GET",route="/version",le="+Inf"}`]).toBe(2);
    expect(values[`${duration}_count{method="GET",route="/version"}`]).toBe(2);
    expect(values[`${duration}_sum{method="GET",route="/version"}`]).toBeGreaterThanOrEqual(0);
    expect(Object.keys(of(`${duration}_bucket`))).toHaveLength(3 * 6);
  });

  it("name at most 100 limits, the largest first, and 100 pools", async () => {
    const app = await testApp();
    const { db } = app.deps();
    await db.write([
      sql`insert into concurrency_limit (id, created, updated, name, "limit", slots_changed)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 150) select 'l' || i, 1, 1, 'limit ' || i, i, 1 from n`,
      sql`insert into work_pool (id, created, updated, name, type)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 150) select 'p' || i, 1, 1, 'pool ' || i, 'process' from n`,
    ]);
    const names = Object.keys(await valuesOf(app));
    expect(names.filter((name) => name.startsWith("concurrency_limit_slots{"))).toHaveLength(100);
    expect(names).toContain('concurrency_limit_slots{name="limit 150"}');
    expect(names.filter((name) => name.startsWith("workers_online"))).toHaveLength(100);
  });

  it("take one round trip", async () => {
    const app = await testApp();
    let trips = 0;
    app.wrapDatabase((db) => ({
      ...db,
      read: (...given) => {
        trips++;
        return db.read(...given);
      },
    }));
    expect((await ask(app)).status).toBe(200);
    expect(trips).toBe(1);
  });

  it("read no more rows when more runs have ended, and a bounded number of those that have not", async () => {
    const app = await testApp();
    const flow_id = (await app.post("/flows/", { name: "f" })).body.id;
    const { db, now, config } = app.deps();
    const measured = measuringDatabase({ url: config.databaseUrl });
    const rowsRead = async () => {
      const found = await readMetrics(measured, now(), null);
      return { found, rows: measured.taken().reduce((sum, one) => sum + one.rowsRead, 0) };
    };
    const before = await rowsRead();
    await storeManyRuns(db, { flow_id, runs: 3000, tasks: 1, logs: 0, ended: 1_000_000 });
    expect(await rowsRead()).toEqual(before);
    expect(before.rows).toBeLessThan(100);
    await db.execute(sql`update flow_run set state_type = 'RUNNING', state_name = 'Running', end_time = null`);
    const after = await rowsRead();
    expect(after.found.flow_runs).toContainEqual({ state_type: "RUNNING", count: 3000 });
    expect(after.rows).toBeLessThan(before.rows + 3000 + 10);
  });
});

import { describe, expect, it } from "vitest";
import { retention } from "../../src/cron/retention.ts";
import type { Deps } from "../../src/deps.ts";
import type { Database, Sql } from "../../src/store/client.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { type CountedWrite, countedDatabase } from "../support/counted-writes.ts";
import { countRows, storeManyRuns } from "../support/many-runs.ts";

const day = 86_400_000_000;
const hour = day / 24;
const start = Date.UTC(2030, 0, 1) * 1000;
const tables = ["flow_run", "flow_run_state", "flow_run_tag", "task_run", "task_run_state", "log", "artifact"] as const;

const plain = (text: string, ...args: Sql["args"]): Sql => ({ sql: text, args });

/** Ticks at one scheduled time until a tick finds nothing left to walk through; returns how many ticks it took. */
async function tickUntilDone(
  app: TestApp,
  scheduledTime: number,
  wrap: (db: Database) => Database = (db) => db,
): Promise<number> {
  for (let ticks = 1; ; ticks++) {
    const deps: Deps = app.deps();
    const began = performance.now();
    await retention.run({ ...deps, db: wrap(deps.db) }, { cron: "* * * * *", scheduledTime });
    // On a machine that is busy elsewhere the time of a tick may be over when it has read where to go on.
    if (deps.db.roundTrips() <= 1 && performance.now() - began < 400) return ticks;
  }
}

async function appWith(env: Record<string, string>): Promise<{ app: TestApp; db: Database; flow_id: string }> {
  const app = await testApp(env);
  return { app, db: app.deps().db, flow_id: (await app.post("/flows/", { name: "f" })).body.id };
}

const runIds = async (db: Database): Promise<string[]> =>
  (await db.execute(plain("select id from flow_run order by id"))).rows.map(([id]) => String(id));

const setState = (db: Database, table: "flow_run" | "task_run", id: string, type: string | null) =>
  db.write([plain(`update ${table} set state_type = ? where id = ?`, type, id)]);

const addArtifact = (db: Database, id: string, more: { key?: string; flow_run_id?: string; created: number }) =>
  db.write([
    plain(
      "insert into artifact (id, created, updated, key, data, flow_run_id) values (?, ?, ?, ?, ?, ?)",
      id,
      more.created,
      more.created,
      more.key ?? null,
      JSON.stringify(id),
      more.flow_run_id ?? null,
    ),
    plain(
      `insert into artifact_collection (id, created, updated, key, latest_id, data) select 'c' || key, created, updated, key, id, data
        from artifact where id = ? and key is not null on conflict (key) do update set latest_id = excluded.latest_id, data = excluded.data`,
      id,
    ),
  ]);

it("keeps everything, and asks nothing, where no age is set", async () => {
  const { app, db, flow_id } = await appWith({});
  await storeManyRuns(db, { flow_id, runs: 2, tasks: 1, logs: 1, ended: start });
  const before = await countRows(db, ...tables);
  const deps = app.deps();
  await retention.run(deps, { cron: "* * * * *", scheduledTime: start + 10_000 * day });
  expect(deps.db.roundTrips()).toBe(0);
  expect(await countRows(db, ...tables)).toEqual(before);
});

it("lets no table grow over weeks in which runs come and go", async () => {
  const { app, db, flow_id } = await appWith({ MILLIWAYS_FLOW_RUN_RETENTION_DAYS: "14" });
  const counts: number[][] = [];
  for (let week = 0; week < 8; week++) {
    const ended = start + week * 7 * day;
    await storeManyRuns(db, { flow_id, runs: 30, tasks: 2, logs: 3, ended, prefix: `week-${week}` });
    await addArtifact(db, `a${week}`, { key: "report", flow_run_id: `week-${week}-0`, created: ended });
    await tickUntilDone(app, ended + hour);
    counts.push(await countRows(db, ...tables, "configuration", "artifact_collection"));
  }
  const full = [60, 180, 60, 120, 360, 180, 2, 1, 1];
  expect(counts.at(0)).toEqual([30, 90, 30, 60, 180, 90, 1, 1, 1]);
  for (const rows of counts.slice(2)) expect(rows).toEqual(full);
  expect((await runIds(db))[0]).toBe("week-6-0");
});

describe("a run that has ended long ago", () => {
  const age = { MILLIWAYS_FLOW_RUN_RETENTION_DAYS: "30" };
  const tick = (app: TestApp, hours = 0) => tickUntilDone(app, start + 31 * day + hours * hour);
  const withParent = async (state: string) => {
    const made = await appWith(age);
    await storeManyRuns(made.db, { ...made, runs: 2, tasks: 2, ended: start });
    await made.db.write([
      plain("update flow_run set parent_task_run_id = 'run-0-0', end_time = end_time - 60000000 where id = 'run-1'"),
    ]);
    return { ...made, state };
  };

  it("is kept as long as a task run of it has not ended", async () => {
    const { app, db, flow_id } = await appWith(age);
    await storeManyRuns(db, { flow_id, runs: 3, tasks: 2, ended: start });
    await setState(db, "task_run", "run-0-1", "RUNNING");
    await setState(db, "task_run", "run-1-0", null);
    await tick(app);
    expect(await runIds(db)).toEqual(["run-0", "run-1"]);
    expect(await countRows(db, "task_run", "task_run_state")).toEqual([4, 12]);
    await setState(db, "task_run", "run-0-1", "COMPLETED");
    await tick(app, 1);
    expect(await runIds(db)).toEqual(["run-1"]);
  });

  it.each(["RUNNING", "SCHEDULED", "PAUSED", null])("is kept as long as a subflow run of it is %s", async (state) => {
    const { app, db } = await withParent("");
    await setState(db, "flow_run", "run-1", state);
    await tick(app);
    expect(await runIds(db)).toEqual(["run-0", "run-1"]);
    await setState(db, "flow_run", "run-1", "FAILED");
    await tick(app, 1);
    expect(await runIds(db)).toEqual([]);
  });

  it("is kept as a subflow run of one that has not ended", async () => {
    const { app, db } = await withParent("");
    await setState(db, "flow_run", "run-0", "RUNNING");
    await tick(app);
    expect(await runIds(db)).toEqual(["run-0", "run-1"]);
  });

  it("is kept until the age is over, to the hour", async () => {
    const { app, db, flow_id } = await appWith(age);
    await storeManyRuns(db, { flow_id, runs: 1, ended: start });
    await tickUntilDone(app, start + 30 * day);
    expect(await runIds(db)).toEqual(["run-0"]);
    await tickUntilDone(app, start + 30 * day + hour);
    expect(await runIds(db)).toEqual([]);
  });
});

it("goes on behind runs that are kept, with a cursor that is stored, and comes back to them an hour later", async () => {
  const { app, db, flow_id } = await appWith({ MILLIWAYS_FLOW_RUN_RETENTION_DAYS: "1" });
  await storeManyRuns(db, { flow_id, runs: 260, tasks: 1, ended: start });
  const kept = 250;
  await db.write([plain(`update task_run set state_type = 'RUNNING' where cast(substr(flow_run_id, 5) as integer) < ${kept}`)]);
  const tick = { cron: "* * * * *", scheduledTime: start + 2 * day };
  // One step a tick: the clock of each tick jumps beyond its budget.
  const firstTick = async () => {
    const deps = app.deps();
    let at = 0;
    await retention.run({ ...deps, now: () => (at += 400_000) }, tick);
  };
  const cursor = async () => (await db.execute(plain("select value from configuration where key = 'retention'"))).rows[0]?.[0];
  await firstTick();
  const [first, place] = JSON.parse(String(await cursor())).flow_runs;
  expect([first, place]).toEqual([start + 99 * 1_000_000, 100]);
  await firstTick();
  expect(JSON.parse(String(await cursor())).flow_runs[1]).toBe(200);
  await tickUntilDone(app, tick.scheduledTime);
  expect(await countRows(db, "flow_run")).toEqual([kept]);
  await db.write([plain("update task_run set state_type = 'COMPLETED'")]);
  await tickUntilDone(app, tick.scheduledTime);
  expect(await countRows(db, "flow_run")).toEqual([kept]);
  await tickUntilDone(app, tick.scheduledTime + hour);
  expect(await countRows(db, "flow_run")).toEqual([0]);
});

it("deletes at most 250 rows of runs in a transaction, also where one run has more", async () => {
  const { app, db, flow_id } = await appWith({ MILLIWAYS_FLOW_RUN_RETENTION_DAYS: "1" });
  await storeManyRuns(db, { flow_id, runs: 1, tasks: 900, logs: 2500, ended: start, prefix: "large" });
  await storeManyRuns(db, { flow_id, runs: 400, tasks: 1, logs: 1, ended: start + hour });
  const writes: CountedWrite[] = [];
  await tickUntilDone(app, start + 2 * day, (wrapped) => countedDatabase(wrapped, writes));
  expect(await countRows(db, ...tables)).toEqual(tables.map(() => 0));
  const cursor = 1;
  expect(Math.max(...writes.map(({ rows }) => rows))).toBeLessThanOrEqual(250 + cursor);
  expect(writes.length).toBeGreaterThan(10);
});

it("loses nothing where it ends between two transactions", async () => {
  const { app, db, flow_id } = await appWith({ MILLIWAYS_FLOW_RUN_RETENTION_DAYS: "1" });
  await storeManyRuns(db, { flow_id, runs: 1, tasks: 400, logs: 900, ended: start, prefix: "large" });
  await storeManyRuns(db, { flow_id, runs: 300, tasks: 1, ended: start + hour });
  await storeManyRuns(db, { flow_id, runs: 5, tasks: 2, ended: start + 3 * day, prefix: "young" });
  const young = [5, 15, 5, 10, 30, 0, 0];
  for (let crashes = 1; crashes <= 6; crashes++) {
    const deps = app.deps();
    let left = crashes;
    const failing: Database = {
      ...deps.db,
      write: (statements) => (left-- > 0 ? deps.db.write(statements) : Promise.reject(new Error("cut off"))),
    };
    const run = retention.run({ ...deps, db: failing }, { cron: "* * * * *", scheduledTime: start + 3 * day });
    await run.catch((error) => expect(String(error)).toContain("cut off"));
    const [orphans] = await countRows(db, "task_run t where not exists (select 1 from flow_run r where r.id = t.flow_run_id)");
    expect(orphans).toBe(0);
  }
  await tickUntilDone(app, start + 3 * day);
  expect(await countRows(db, ...tables)).toEqual(young);
});

it("may run in two isolates at once", async () => {
  const { app, db, flow_id } = await appWith({ MILLIWAYS_FLOW_RUN_RETENTION_DAYS: "1", MILLIWAYS_LOG_RETENTION_DAYS: "1" });
  await storeManyRuns(db, { flow_id, runs: 500, tasks: 1, logs: 1, ended: start });
  await Promise.all([tickUntilDone(app, start + 2 * day), tickUntilDone(app, start + 2 * day)]);
  expect(await countRows(db, ...tables)).toEqual(tables.map(() => 0));
});

describe("each kind has an age of its own", () => {
  it("task runs: those of runs that have ended, and those of none, with what they cached", async () => {
    const { app, db, flow_id } = await appWith({ MILLIWAYS_TASK_RUN_RETENTION_DAYS: "1" });
    await storeManyRuns(db, { flow_id, runs: 4, tasks: 1, logs: 1, ended: start });
    await db.write([
      plain("update task_run set flow_run_id = null where id = 'run-0-0'"),
      plain("update flow_run set state_type = 'RUNNING' where id = 'run-1'"),
      plain("update flow_run set parent_task_run_id = 'run-2-0' where id = 'run-1'"),
      plain(
        "insert into task_run_state_cache (id, created, cache_key, task_run_state_id) select id, timestamp, 'key', id from task_run_state where type = 'COMPLETED'",
      ),
    ]);
    await tickUntilDone(app, start + 2 * day);
    expect(await runIds(db)).toHaveLength(4);
    const { rows } = await db.execute(plain("select id from task_run order by id"));
    expect(rows.map(([id]) => id)).toEqual(["run-1-0", "run-2-0"]);
    expect(await countRows(db, "task_run_state_cache", "log")).toEqual([2, 4]);
  });

  it("artifacts: the newest that is left of a key takes the place of the latest", async () => {
    const { app, db, flow_id } = await appWith({ MILLIWAYS_ARTIFACT_RETENTION_DAYS: "1" });
    await storeManyRuns(db, { flow_id, runs: 1, ended: start });
    await setState(db, "flow_run", "run-0", "RUNNING");
    await addArtifact(db, "of-live-run", { key: "kept", flow_run_id: "run-0", created: start });
    await addArtifact(db, "old", { key: "kept", created: start + 1 });
    await addArtifact(db, "alone", { key: "gone", created: start + 2 });
    await addArtifact(db, "nameless", { created: start + 3 });
    await addArtifact(db, "young", { key: "young", created: start + 2 * day });
    await tickUntilDone(app, start + 2 * day);
    const { rows } = await db.execute(plain("select id from artifact order by id"));
    expect(rows.map(([id]) => id)).toEqual(["of-live-run", "young"]);
    const latest = await db.execute(plain("select key, latest_id, data from artifact_collection order by key"));
    expect(latest.rows.map((row) => [...row])).toEqual([
      ["kept", "of-live-run", '"of-live-run"'],
      ["young", "young", '"young"'],
    ]);
  });

  it("rows of the audit", async () => {
    const { app, db } = await appWith({ MILLIWAYS_AUDIT_RETENTION_DAYS: "1" });
    await db.execute(
      plain(`insert into audit (position, id, occurred, principal_type, principal, operation, object_kind, mark)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 600)
        select ${((start - 2 * day) / 1000) * 1024} + i, 'old ' || i, ${start - 2 * day}, 'ANONYMOUS', 'a', 'b', 'flow', '' from n`),
    );
    await db.execute(
      plain(
        "insert into audit select ? / 1000 * 1024, 'young', ?, principal_type, null, principal, null, operation, object_kind, null, null, null, null, '' from audit limit 1",
        start,
        start,
      ),
    );
    await tickUntilDone(app, start);
    expect((await db.execute(plain("select id from audit"))).rows).toEqual([["young"]]);
  });

  it("logs, whatever they are of", async () => {
    const { app, db, flow_id } = await appWith({ MILLIWAYS_LOG_RETENTION_DAYS: "0.5" });
    await storeManyRuns(db, { flow_id, runs: 1, logs: 2500, ended: start });
    await storeManyRuns(db, { flow_id, runs: 1, logs: 7, ended: start + day, prefix: "young" });
    await tickUntilDone(app, start + day);
    expect(await countRows(db, "flow_run", "log")).toEqual([2, 7]);
  });
});

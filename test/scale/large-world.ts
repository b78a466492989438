import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@libsql/client/http";

export interface WorldSize {
  readonly runs: number;
  readonly taskRuns: number;
  readonly events: number;
  readonly logs: number;
}

/** When the first run of the world started; run number i starts i seconds later. */
export const firstStart = Date.UTC(2030, 0, 1) * 1000;
/** When the run of this number starts, in microseconds. */
export const startOf = (run: number): number => firstStart + run * 1_000_000;

// A transaction has to end within the server's five seconds.
const chunk = 50_000;
const flowCount = 200;
const queueCount = 20;
const poolCount = 5;

const uuid = (kind: string, number: string) =>
  `printf('${kind}%07x-0000-7000-8000-%012x', ${number}, (${number}) * 2654435761 % 281474976710656)`;
const sqlIds = {
  flow: (i: string) => uuid("a", i),
  deployment: (i: string) => uuid("b", i),
  queue: (i: string) => uuid("c", i),
  pool: (i: string) => uuid("d", i),
  run: (i: string) => uuid("0", i),
  taskRun: (i: string) => uuid("1", i),
};

/** Returns the id of the object of this kind and number, as the database makes it. */
export const idOf = (kind: keyof typeof sqlIds, number: number): string => {
  const digit = { flow: "a", deployment: "b", queue: "c", pool: "d", run: "0", taskRun: "1" }[kind];
  const rest = (BigInt(number) * 2654435761n) % 281474976710656n;
  return `${digit}${number.toString(16).padStart(7, "0")}-0000-7000-8000-${rest.toString(16).padStart(12, "0")}`;
};

const numbers = (from: number, until: number) =>
  `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${until - 1})`;

const time = (i: string) => `(${firstStart} + (${i}) * 1000000)`;

/** Fills a migrated, empty database; no statistics are kept, as libSQL has none. Indexes are made at the end, each in one transaction. */
export async function fillLargeWorld(client: Client, size: WorldSize): Promise<void> {
  const { rows } = await client.execute(
    "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, name",
  );
  const write = (statements: string[]) => onceFree(() => client.batch(statements, "write"));
  await write([...rows.map((row) => `DROP ${row.type} ${row.name}`), ...surroundings()]);
  const parts: [number, (from: number, until: number, size: WorldSize) => string[]][] = [
    [size.runs, flowRuns],
    [size.taskRuns, taskRuns],
    [size.runs, subflows],
    [size.events, events],
    [size.logs, logs],
  ];
  for (const [count, statements] of parts)
    for (let from = 0; from < count; from += chunk) await write(statements(from, Math.min(from + chunk, count), size));
  for (const row of rows) await write([String(row.sql)]);
}

// While the server checkpoints, it refuses to begin a transaction: nothing was executed.
async function onceFree(write: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      if (!/SQLITE_BUSY|database is locked/.test(String(error)) || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

const surroundings = () => [
  `INSERT INTO flow (id, created, updated, name, tags) ${numbers(0, flowCount)}
    SELECT ${sqlIds.flow("i")}, i, i, 'flow-' || i, iif(i % 10 = 0, '["x"]', '[]') FROM n`,
  "INSERT INTO flow_tag (tag, flow_id) SELECT t.value, f.id FROM flow f, json_each(f.tags) t",
  `INSERT INTO work_pool (id, created, updated, name, type) ${numbers(0, poolCount)}
    SELECT ${sqlIds.pool("i")}, i, i, 'pool-' || i, iif(i % 2, 'docker', 'process') FROM n`,
  `INSERT INTO work_queue (id, created, updated, name, work_pool_id) ${numbers(0, queueCount)}
    SELECT ${sqlIds.queue("i")}, i, i, 'queue-' || i, ${sqlIds.pool(`i % ${poolCount}`)} FROM n`,
  `INSERT INTO worker (id, created, updated, name, work_pool_id, last_heartbeat_time) ${numbers(0, queueCount)}
    SELECT 'w' || i, i, i, 'worker-' || i, ${sqlIds.pool(`i % ${poolCount}`)}, i FROM n`,
  `INSERT INTO deployment (id, created, updated, name, flow_id, tags, paused, work_queue_id, work_queue_name) ${numbers(0, flowCount)}
    SELECT ${sqlIds.deployment("i")}, i, i, 'deployment-' || i, ${sqlIds.flow("i")}, iif(i % 10, '["prod"]', '["prod","x"]'), i % 20 = 3,
      ${sqlIds.queue(`i % ${queueCount}`)}, 'queue-' || (i % ${queueCount}) FROM n`,
  "INSERT INTO deployment_tag (tag, deployment_id) SELECT t.value, d.id FROM deployment d, json_each(d.tags) t",
];

/*
 * States and tags as a busy workspace has them: nine of ten runs share a tag and an end, few are under way; and what walks along an order
 * badly: "past" and CRASHED stand on the oldest runs alone.
 */
function flowRuns(from: number, until: number, { runs }: WorldSize): string[] {
  const state = `CASE WHEN i < ${Math.ceil(runs / 300)} THEN 'CRASHED' WHEN i % 1000 = 0 THEN 'RUNNING' WHEN i % 100 = 1 THEN 'SCHEDULED'
    WHEN i % 20 = 2 THEN 'FAILED' ELSE 'COMPLETED' END`;
  const tags = `CASE WHEN i % 20 = 0 THEN '[]' ELSE '["team-' || (i % 10) || '"' || iif(i % 10, ',"common"', '') || iif(i % 25000 = 8, ',"rare"', '')
    || iif(i < ${runs / 500}, ',"old"', '') || iif(i < ${runs / 20}, ',"past"', '') || ']' END`;
  const deployed = "i % 5 <> 0";
  // Spread as by chance: each flow has runs of all kinds.
  const place = `(i * 2654435761 / 65536 % ${flowCount})`;
  return [
    `INSERT INTO flow_run (id, created, updated, name, flow_id, flow_version, deployment_id, work_queue_id, work_queue_name, idempotency_key,
      parameters, tags, state_type, state_name, state_timestamp, expected_start_time, next_scheduled_start_time, start_time, end_time, created_by)
      ${numbers(from, until)}, s AS (SELECT i, ${state} AS state, ${tags} AS tags FROM n)
      SELECT ${sqlIds.run("i")}, ${time("i")}, ${time("i")}, 'run-' || (i * 7919 % 1000003), ${sqlIds.flow(place)}, 'v' || (i * 1597334677 / 65536 % 50),
        iif(${deployed}, ${sqlIds.deployment(place)}, NULL), iif(${deployed}, ${sqlIds.queue(`${place} % ${queueCount}`)}, NULL),
        iif(${deployed}, 'queue-' || (${place} % ${queueCount}), NULL), iif(i % 3, NULL, 'key-' || i),
        '{"day":"2030-01-01","source":"warehouse","table":"orders","rows":' || i || '}', tags,
        state, iif(state = 'SCHEDULED' AND i % 200 = 1, 'Late', substr(state, 1, 1) || lower(substr(state, 2))), ${time("i")},
        ${time("i")}, iif(state = 'SCHEDULED', ${time("i")}, NULL), iif(state = 'SCHEDULED', NULL, ${time("i")}),
        iif(state IN ('SCHEDULED', 'RUNNING'), NULL, ${time("i + 60")}),
        CASE WHEN i % 50 = 0 THEN '{"id":"${idOf("flow", 9)}","type":"AUTOMATION"}' WHEN ${deployed}
          THEN json_object('id', ${sqlIds.deployment(place)}, 'type', 'SCHEDULE') END FROM s`,
    `INSERT INTO flow_run_tag (tag, flow_run_id) SELECT t.value, r.id FROM flow_run r, json_each(r.tags) t
      WHERE r.rowid > ${from} AND r.rowid <= ${until} ORDER BY 1, 2`,
  ];
}

// Every second run has two task runs, one in twenty task runs is of one and the same run, one in fifty of none.
function taskRuns(from: number, until: number, { runs }: WorldSize): string[] {
  const owner = `CASE WHEN i % 50 = 7 THEN NULL WHEN i % 20 = 19 THEN ${sqlIds.run("6")} ELSE ${sqlIds.run(`i / 2 * 2 % ${runs}`)} END`;
  return [
    `INSERT INTO task_run (id, created, updated, name, flow_run_id, task_key, dynamic_key, tags, state_type, state_name, state_timestamp,
      expected_start_time, start_time, end_time, total_run_time)
      ${numbers(from, until)}, s AS (SELECT i, CASE WHEN i % 5000 = 0 THEN 'FAILED' WHEN i % 100 = 1 THEN 'RUNNING' ELSE 'COMPLETED' END AS state FROM n)
      SELECT ${sqlIds.taskRun("i")}, ${time("i")}, ${time("i")}, 'task-' || (i * 2246822519 / 65536 % 50), ${owner}, 'key', i,
        CASE WHEN i % 25000 = 8 THEN '["half","rare"]' WHEN i % 2 = 0 THEN '["half"]' ELSE '[]' END,
        state, substr(state, 1, 1) || lower(substr(state, 2)), ${time("i")}, ${time("i")}, ${time("i")}, iif(state = 'RUNNING', NULL, ${time("i + 30")}),
        iif(state = 'RUNNING' OR i * 40503 / 64 % 10 = 3, 0, i * 2654435761 / 65536 % 3600000000) FROM s`,
    `INSERT INTO task_run_tag (tag, task_run_id) SELECT t.value, r.id FROM task_run r, json_each(r.tags) t
      WHERE r.rowid > ${from} AND r.rowid <= ${until} ORDER BY 1, 2`,
  ];
}

// Runs that a task run started: one of a hundred.
const subflows = (from: number, until: number, { taskRuns: all }: WorldSize) => [
  `UPDATE flow_run SET parent_task_run_id = ${sqlIds.taskRun(`(rowid - 1) % ${all}`)} WHERE rowid > ${from} AND rowid <= ${until} AND rowid % 100 = 4`,
];

const events = (from: number, until: number, { runs }: WorldSize) => [
  `INSERT INTO event (id, occurred, received, event, resource_id, resource, related) ${numbers(from, until)}, s AS (
      SELECT i, 'prefect.flow-run.' || ${sqlIds.run(`i % ${runs}`)} AS resource, 'prefect.flow.' || ${sqlIds.flow("i % 200")} AS flow FROM n)
    SELECT 'e' || i, ${time("i")}, ${time("i")}, CASE i % 4 WHEN 0 THEN 'prefect.flow-run.Running' WHEN 1 THEN 'prefect.flow-run.Completed'
        WHEN 2 THEN 'prefect.flow-run.Pending' ELSE iif(i % 5000 = 3, 'custom.rare', 'prefect.flow-run.Scheduled') END,
      resource, json_object('prefect.resource.id', resource, 'prefect.resource.name', 'run-' || i),
      json_array(json_object('prefect.resource.id', flow, 'prefect.resource.role', 'flow'),
        json_object('prefect.resource.id', 'prefect.tag.common', 'prefect.resource.role', 'tag')) FROM s`,
  `INSERT INTO event_related (resource_id, occurred, position, role)
    SELECT r.value ->> '$."prefect.resource.id"', e.occurred, e.position, r.value ->> '$."prefect.resource.role"'
    FROM event e, json_each(e.related) r WHERE e.position > ${from} AND e.position <= ${until} AND e.position < (SELECT max(position) / 256 * 256 FROM event) ORDER BY 1, 2, 3`,
];

const logs = (from: number, until: number, { runs }: WorldSize) => [
  `INSERT INTO log (id, created, name, level, message, timestamp, flow_run_id, task_run_id) ${numbers(from, until)}
    SELECT 'l' || i, ${time("i")}, iif(i % 3, 'prefect.flow_runs', 'prefect.task_runs'), i % 5 * 10 + 10, 'Row ' || i || ' of the orders was written',
      ${time("i")}, ${sqlIds.run(`i / 10 % ${runs}`)}, iif(i % 3, NULL, ${sqlIds.taskRun("i")}) FROM n`,
];

import { type Client, createClient, type InValue } from "@libsql/client/http";
import { freshDatabase } from "../../support/database.ts";

const uuid = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;

/** The ids of the rows that `smallWorld` makes, by the names by which tests speak of them. */
export const ids = {
  etl: uuid("1"),
  ingest: uuid("2"),
  idle: uuid("3"),
  daily: uuid("4"),
  hourly: uuid("5"),
  nightly: uuid("6"),
  gone: uuid("7"),
  done: uuid("a"),
  busy: uuid("b"),
  late: uuid("c"),
  child: uuid("d"),
  bare: uuid("e"),
  automation: uuid("9"),
  load: "10000000-0000-4000-8000-000000000001",
  check: "10000000-0000-4000-8000-000000000002",
  wait: "10000000-0000-4000-8000-000000000003",
  alone: "10000000-0000-4000-8000-000000000004",
  poolA: "20000000-0000-4000-8000-000000000001",
  poolB: "20000000-0000-4000-8000-000000000002",
  alpha: "30000000-0000-4000-8000-000000000001",
  beta: "30000000-0000-4000-8000-000000000002",
  beta2: "30000000-0000-4000-8000-000000000003",
};

type Row = Record<string, InValue>;

const insert = (table: string, row: Row) => ({
  sql: `INSERT INTO ${table} (${Object.keys(row)}) VALUES (${Object.keys(row).map(() => "?")})`,
  args: Object.values(row),
});

type TaggedRow = { id: string; tags: string[] } & Record<string, InValue | string[]>;

/** Returns the statements that store a row with its tags in both places. */
export function tagged(table: string, { tags, ...rest }: TaggedRow) {
  const row: Row = { created: 0, updated: 0, tags: JSON.stringify(tags) };
  for (const [column, value] of Object.entries(rest)) if (!Array.isArray(value)) row[column] = value;
  return [insert(table, row), ...[...new Set(tags)].map((tag) => insert(`${table}_tag`, { tag, [`${table}_id`]: rest.id }))];
}

const plain = (table: string, row: Row) => insert(table, { created: 0, updated: 0, ...row });

/** A database with a few rows of each kind whose differences are what filters ask for. */
export async function smallWorld(): Promise<Client> {
  const client = createClient(await freshDatabase());
  await client.batch([...flows(), ...pools(), ...deployments(), ...runs()], "write");
  return client;
}

const flows = () => [
  ...tagged("flow", { id: ids.etl, name: "etl", tags: ["x", "y"] }),
  ...tagged("flow", { id: ids.ingest, name: "Ingest É", tags: ["y"] }),
  ...tagged("flow", { id: ids.idle, name: "idle_1", tags: [] }),
];

const pools = () => [
  plain("work_pool", { id: ids.poolA, name: "pool a", type: "process" }),
  plain("work_pool", { id: ids.poolB, name: "pool b", type: "docker" }),
  plain("work_queue", { id: ids.alpha, name: "alpha", work_pool_id: ids.poolA }),
  plain("work_queue", { id: ids.beta, name: "Beta", work_pool_id: ids.poolB }),
  plain("work_queue", { id: ids.beta2, name: "beta_2", work_pool_id: ids.poolB }),
  plain("worker", { id: uuid("f"), name: "w on", work_pool_id: ids.poolA, status: "ONLINE", last_heartbeat_time: 20 }),
  plain("worker", { id: uuid("0"), name: "w off", work_pool_id: ids.poolA, status: "OFFLINE", last_heartbeat_time: 10 }),
];

const deployments = () => [
  ...tagged("deployment", {
    id: ids.daily,
    name: "daily",
    flow_id: ids.etl,
    tags: ["prod", "x"],
    work_queue_id: ids.alpha,
    work_queue_name: "alpha",
  }),
  ...tagged("deployment", { id: ids.hourly, name: "hourly", flow_id: ids.etl, tags: [], paused: 1 }),
  ...tagged("deployment", {
    id: ids.nightly,
    name: "nightly",
    flow_id: ids.ingest,
    tags: ["prod"],
    work_queue_id: ids.beta,
    work_queue_name: null,
  }),
];

const task = (row: TaggedRow) => tagged("task_run", { task_key: "key", dynamic_key: String(row.name), ...row });

const runs = () => [
  ...tagged("flow_run", {
    id: ids.done,
    name: "done",
    flow_id: ids.etl,
    deployment_id: ids.daily,
    work_queue_id: ids.alpha,
    work_queue_name: "alpha",
    tags: ["x", "y", "x"],
    state_type: "COMPLETED",
    state_name: "Completed",
    expected_start_time: 5,
    start_time: 10,
    end_time: 20,
    flow_version: "v1",
    idempotency_key: "k1",
    created_by: JSON.stringify({ id: ids.automation, type: "AUTOMATION" }),
  }),
  ...tagged("flow_run", {
    id: ids.busy,
    name: "busy",
    flow_id: ids.etl,
    deployment_id: ids.daily,
    work_queue_id: ids.alpha,
    tags: ["x"],
    state_type: "RUNNING",
    state_name: "Running",
    expected_start_time: 30,
    start_time: 31,
    created_by: JSON.stringify({ id: ids.daily, type: "SCHEDULE" }),
  }),
  ...tagged("flow_run", {
    id: ids.late,
    name: "Late_Run",
    flow_id: ids.ingest,
    deployment_id: ids.gone,
    work_queue_name: "beta",
    tags: [],
    state_type: "SCHEDULED",
    state_name: "Late",
    expected_start_time: 40,
    next_scheduled_start_time: 40,
  }),
  ...task({
    id: ids.load,
    name: "load",
    flow_run_id: ids.done,
    tags: ["a", "b"],
    state_type: "COMPLETED",
    state_name: "Completed",
    start_time: 11,
    end_time: 12,
    expected_start_time: 10,
  }),
  ...task({
    id: ids.check,
    name: "Check",
    flow_run_id: ids.done,
    tags: ["a"],
    state_type: "FAILED",
    state_name: "Failed",
    start_time: 13,
    end_time: 14,
    expected_start_time: 12,
  }),
  ...task({
    id: ids.wait,
    name: "wait",
    flow_run_id: ids.busy,
    tags: [],
    state_type: "RUNNING",
    state_name: "Running",
    start_time: 32,
    expected_start_time: 31,
  }),
  ...task({ id: ids.alone, name: "alone", tags: ["A"], state_type: "SCHEDULED", state_name: "Scheduled" }),
  ...tagged("flow_run", {
    id: ids.child,
    name: "child",
    flow_id: ids.ingest,
    parent_task_run_id: ids.load,
    tags: ["X"],
    state_type: "FAILED",
    state_name: "Failed",
    expected_start_time: 45,
    start_time: 50,
    end_time: 60,
    idempotency_key: "k4",
  }),
  ...tagged("flow_run", {
    id: ids.bare,
    name: "bare",
    flow_id: ids.ingest,
    tags: [],
    deployment_id: ids.nightly,
    work_queue_id: ids.beta,
  }),
];

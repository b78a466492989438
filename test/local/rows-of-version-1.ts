import type { InStatement, InValue } from "@libsql/client/http";

type Row = Readonly<Record<string, InValue>>;

const id = (kind: number, i: number) => `${String(kind).padStart(8, "0")}-0000-4000-8000-${String(i).padStart(12, "0")}`;
const at = Date.UTC(2026, 0, 1) * 1000;
const large = "é".repeat(200_000);
const stamped = { created: at, updated: at + 1 };
const json = JSON.stringify;

export const ids = {
  flows: [id(1, 1), id(1, 2)],
  pools: [id(2, 1), id(2, 2)],
  queues: [id(3, 1), id(3, 2)],
  deployments: [id(4, 1), id(4, 2)],
  flow_runs: [id(5, 1), id(5, 2), id(5, 3)],
  task_runs: [id(6, 1), id(6, 2)],
  logs: [id(7, 1), id(7, 2)],
  limits: [id(9, 1), id(9, 2)],
  workers: [id(10, 1), id(10, 2)],
  events: Array.from({ length: 300 }, (_, i) => id(8, i + 1)),
} as const;

const [flow, bareFlow] = ids.flows;
const [pool, barePool] = ids.pools;
const [queue, bareQueue] = ids.queues;
const [deployment, bareDeployment] = ids.deployments;
const [run, child, bareRun] = ids.flow_runs;
const [task, bareTask] = ids.task_runs;
const [limit, bareLimit] = ids.limits;
const [state, artifact, lease, cached] = [id(11, 1), id(12, 1), id(13, 1), id(14, 1)];

/** Every column of a run but those of its relations, as full and as large as they may be. */
const fullRun = {
  ...stamped,
  tags: json(["a", "a", "é", ""]),
  labels: json({ team: "data", n: 1, ok: true }),
  empirical_policy: json({ retries: 3, retry_delay: 1.5 }),
  state_type: "COMPLETED",
  state_name: "Completed",
  state_timestamp: at + 5,
  run_count: 2,
  expected_start_time: at + 1,
  next_scheduled_start_time: at + 2,
  start_time: at + 3,
  end_time: at + 4,
  total_run_time: 1,
};

/** Full rows, bare rows (nothing but what has to be there), and odd ones: by table, parents first. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  flow: [
    { id: flow, ...stamped, name: "full é", tags: json(["a", "b"]), labels: json({ team: "data" }) },
    { id: bareFlow, ...stamped, name: "" },
  ],
  flow_tag: ["a", "b"].map((tag) => ({ tag, flow_id: flow })),
  concurrency_limit: [
    {
      ...{ id: limit, ...stamped, name: "full", limit: 10, active: 0, active_slots: 1.5, denied_slots: 2.25 },
      ...{ slot_decay_per_second: 0.5, avg_slot_occupancy_seconds: 3, slots_changed: at },
    },
    { id: bareLimit, ...stamped, name: `deployment:${deployment}`, limit: 0, slots_changed: 0 },
  ],
  concurrency_lease: [
    { id: lease, created: at, expires: at + 9, ttl_seconds: 60.5, holder_type: "flow_run", holder_id: run },
    { id: id(13, 2), created: at, expires: at, ttl_seconds: 0 },
  ],
  concurrency_lease_slot: [{ limit_id: limit, lease_id: lease, slots: 1, decays: 1 }],
  work_pool: [
    {
      ...{ id: pool, ...stamped, name: "full", description: large, type: "process", base_job_template: json({ variables: {} }) },
      ...{ is_paused: 1, concurrency_limit: 0, status: "READY", default_queue_id: queue, storage_configuration: json({}) },
      ...{ last_status_event_id: id(8, 1), last_status_event_time: at },
    },
    { id: barePool, ...stamped, name: "bare", type: "" },
  ],
  work_queue: [
    {
      ...{ id: queue, ...stamped, name: "default", description: "é", is_paused: 1, concurrency_limit: 0, priority: 1 },
      ...{ work_pool_id: pool, filter: json({ tags: ["a"], deployment_ids: null }), last_polled: at, status: "READY" },
    },
    { id: bareQueue, ...stamped, name: "", work_pool_id: barePool },
  ],
  worker: [
    {
      ...{ id: ids.workers[0] ?? "", ...stamped, name: "w", work_pool_id: pool, last_heartbeat_time: at },
      ...{ heartbeat_interval_seconds: 30, status: "OFFLINE" },
    },
    { id: ids.workers[1] ?? "", ...stamped, name: "", work_pool_id: pool, last_heartbeat_time: 0 },
  ],
  deployment: [
    {
      ...{
        id: deployment,
        ...stamped,
        name: "full",
        flow_id: flow,
        description: large,
        version: "1",
        path: "/",
        entrypoint: "f.py:f",
      },
      ...{ paused: 1, tags: json(["b"]), labels: json({}), parameters: '{"big":123456789012345678901234567890,"one":1.0}' },
      ...{ parameter_openapi_schema: json({ type: "object" }), enforce_parameter_schema: 0, job_variables: json({ env: {} }) },
      ...{
        pull_steps: json([{ step: {} }]),
        concurrency_limit_id: bareLimit,
        concurrency_options: json({ collision_strategy: "ENQUEUE" }),
      },
      ...{ work_queue_id: queue, work_queue_name: "default", last_polled: at, status: "READY" },
      ...{ created_by: json({ id: run, type: "DEPLOYMENT", display_value: "x" }), updated_by: json({ id: null, type: null }) },
    },
    { id: bareDeployment, ...stamped, name: "", flow_id: bareFlow },
  ],
  deployment_tag: [{ tag: "b", deployment_id: deployment }],
  deployment_schedule: [
    {
      ...{ id: id(15, 1), ...stamped, deployment_id: deployment, schedule: json({ interval: 3600, timezone: "UTC" }), active: 0 },
      ...{ max_scheduled_runs: 3, parameters: json({ a: 1 }), slug: "hourly", due: null },
    },
    { id: id(15, 2), ...stamped, deployment_id: deployment, schedule: json({ cron: "0 0 * * *", timezone: null }), due: at },
  ],
  flow_run: [
    {
      ...{
        id: run,
        ...fullRun,
        name: "full",
        flow_id: flow,
        deployment_id: deployment,
        deployment_version: "1",
        work_queue_id: queue,
      },
      ...{ work_queue_name: "default", flow_version: "v1", idempotency_key: "key", context: json({ a: {} }), state_id: state },
      ...{ parameters: json({ large }), auto_scheduled: 1, infrastructure_pid: "1", job_variables: json({ env: {} }) },
      ...{ created_by: json({ id: deployment, type: "SCHEDULE", display_value: null }), concurrency_limit_id: bareLimit },
    },
    { id: child, ...fullRun, name: "", flow_id: flow, deployment_id: id(4, 99), idempotency_key: "" },
    { id: bareRun, ...stamped, name: "bare", flow_id: bareFlow },
  ],
  flow_run_tag: ["a", "é", ""].flatMap((tag) => [run, child].map((flow_run_id) => ({ tag, flow_run_id }))),
  artifact: [
    {
      ...{ id: artifact, ...stamped, key: "key", type: "result", data: json(large), description: "d", metadata_: json({}) },
      ...{ flow_run_id: run, task_run_id: task },
    },
    { id: id(12, 2), ...stamped },
  ],
  task_run: [
    {
      ...{
        id: task,
        ...fullRun,
        name: "full",
        flow_run_id: run,
        task_key: "k",
        dynamic_key: "0",
        cache_key: "c",
        cache_expiration: at,
      },
      ...{ task_version: "1", task_inputs: json({ x: [{ input_type: "parameter", name: "x" }] }), flow_run_run_count: 1 },
    },
    { id: bareTask, ...stamped, name: "", task_key: "", dynamic_key: "" },
  ],
  task_run_tag: ["a", "é", ""].map((tag) => ({ tag, task_run_id: task })),
  flow_run_state: [
    {
      ...{
        id: state,
        flow_run_id: run,
        type: "COMPLETED",
        name: "Completed",
        timestamp: at + 5,
        message: large,
        data: json({ a: 1 }),
      },
      ...{ state_details: json({ cache_key: "c" }), result_artifact_id: artifact },
    },
    { id: id(11, 2), flow_run_id: run, type: "PENDING", name: "", timestamp: at },
  ],
  flow_run_input: [
    { id: id(16, 1), ...stamped, flow_run_id: run, key: "key", value: large, sender: "s" },
    { id: id(16, 2), ...stamped, flow_run_id: run, key: "empty", value: "" },
  ],
  task_run_state: [
    {
      ...{
        id: cached,
        task_run_id: task,
        type: "COMPLETED",
        name: "Completed",
        timestamp: at + 5,
        message: "",
        data: json(null),
      },
      ...{ state_details: json({}), result_artifact_id: artifact },
    },
    { id: id(14, 2), task_run_id: task, type: "RUNNING", name: "Running", timestamp: at },
  ],
  task_run_state_cache: [
    { id: id(17, 1), created: at, cache_key: "c", cache_expiration: at, task_run_state_id: cached },
    { id: id(17, 2), created: at, cache_key: "", task_run_state_id: id(14, 99) },
  ],
  log: [
    {
      ...{ position: 7, id: ids.logs[0] ?? "", created: at, name: "prefect", level: 20, message: large, timestamp: at },
      ...{ flow_run_id: run, task_run_id: task },
    },
    { position: 9, id: ids.logs[1] ?? "", created: at, name: "", level: -5, message: "", timestamp: 0 },
  ],
  event: ids.events.map((id, i) => ({
    ...{ position: i + 1, id, occurred: at + i, received: at + i, event: `custom.${i % 3}`, resource_id: `r.${i % 7}` },
    ...{ resource: json({ "prefect.resource.id": `r.${i % 7}`, odd: "é" }), payload: i === 0 ? json({ large }) : "{}" },
    ...{ related: i % 2 ? "[]" : json([{ "prefect.resource.id": "related", "prefect.resource.role": "role" }]) },
    follows: i === 1 ? (ids.events[0] ?? null) : null,
  })),
  // At version 1 each event wrote its own.
  event_related: ids.events.flatMap((_, i) =>
    i % 2 ? [] : [{ resource_id: "related", occurred: at + i, position: i + 1, role: "role" }],
  ),
  task_run_event_backlog: [{ event_id: ids.events[0] ?? "", flow_run_id: id(5, 99), added: at }],
  configuration: [
    { key: "CSRF", ...stamped, value: json({ a: large }) },
    { key: "", ...stamped, value: "null" },
  ],
};

/** The tables that get rows. */
export const filled = Object.keys(rows);

/** Returns the statements that fill a database of version 1 with rows of every table. */
export const populate = (): InStatement[] => [
  ...Object.entries(rows).flatMap(([table, list]) =>
    list.map((row) => ({
      sql: `INSERT INTO ${table} (${Object.keys(row).map((column) => `"${column}"`)}) VALUES (${Object.keys(row).map(() => "?")})`,
      args: Object.values(row),
    })),
  ),
  // Runs and task runs refer to each other.
  { sql: "UPDATE flow_run SET parent_task_run_id = ? WHERE id = ?", args: [task ?? "", child ?? ""] },
];

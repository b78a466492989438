import type { JsonObject } from "../../../src/lib/json.ts";

/** The id of an object of the world, told by a number. */
export const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

const times = { created: "2026-11-01T10:00:00.123456Z", updated: "2026-11-02T10:00:00Z" };
const at = (second: number): string => `2026-11-20T10:00:${String(second).padStart(2, "0")}Z`;
const fresh = (n: number, members: JsonObject): JsonObject => ({ id: idOf(n), ...times, ...members });

const secretFields = {
  title: "Vault",
  type: "object",
  properties: { token: { type: "string" }, host: { type: "string" } },
  secret_fields: ["token"],
  block_type_slug: "vault",
  block_schema_references: {},
};
const holderFields = {
  title: "Holder",
  type: "object",
  properties: { vault: { $ref: "#/definitions/Vault" } },
  secret_fields: ["vault.token"],
  block_type_slug: "holder",
  definitions: { Vault: secretFields },
  block_schema_references: { vault: { block_schema_checksum: "sha256:vault", block_type_slug: "vault" } },
};

/** The secret of the world's block document. */
export const secret = "hunter2-is-secret";

const state = (n: number, type: string, second: number, run: JsonObject): JsonObject => ({
  id: idOf(n),
  type,
  name: type === "COMPLETED" ? "Completed" : "Running",
  timestamp: at(second),
  message: null,
  data: null,
  state_details: {},
  ...run,
});

function flowRun(n: number, second: number, members: JsonObject = {}): JsonObject {
  return fresh(n, {
    name: `run-${n}`,
    flow_id: idOf(1),
    deployment_id: idOf(30),
    work_queue_id: idOf(11),
    parameters: { x: 1 },
    tags: ["nightly"],
    state_id: idOf(n + 1000),
    state_type: "COMPLETED",
    state_name: "Completed",
    state: { timestamp: at(second) },
    run_count: 1,
    expected_start_time: at(second),
    total_run_time: 2.5,
    auto_scheduled: true,
    a_member_of_the_future: 1,
    ...members,
  });
}

const taskRun = (n: number, flow_run_id: string | null): JsonObject =>
  fresh(n, {
    name: `task-${n}`,
    flow_run_id,
    task_key: "work",
    task_inputs: {},
    dynamic_key: String(n),
    tags: ["heavy"],
    state_id: idOf(n + 1000),
    state_type: "COMPLETED",
    state_name: "Completed",
    state: { timestamp: at(3) },
    expected_start_time: at(3),
    run_count: 1,
  });

const event = (n: number): JsonObject => ({
  id: idOf(n),
  occurred: at(n - 700),
  received: at(n - 700),
  event: "thing.happened",
  resource: { "prefect.resource.id": `thing.${n}` },
  related: [{ "prefect.resource.id": `prefect.flow.${idOf(1)}`, "prefect.resource.role": "flow" }],
  payload: {},
  follows: null,
});

/** Returns the lists of a source that has some of everything. */
export function world(): Record<string, JsonObject[]> {
  const interval = { interval: 3600, anchor_date: "2026-01-01T00:00:00Z", timezone: "UTC" };
  const vaultData = { token: secret, host: "h" };
  return {
    "/flows/filter": [fresh(1, { name: "load", tags: ["etl"], labels: { a: 1 } })],
    "/work_pools/filter": [
      fresh(10, { name: "big pool", type: "process", concurrency_limit: 5, default_queue_id: idOf(11), status: "READY" }),
    ],
    "/work_pools/big%20pool/queues/filter": [
      fresh(11, { name: "default", priority: 2, work_pool_id: idOf(10), status: "READY" }),
      fresh(12, { name: "fast", priority: 1, concurrency_limit: 3, work_pool_id: idOf(10), is_paused: true }),
    ],
    "/v2/concurrency_limits/filter": [
      fresh(20, { name: "db", limit: 3, active: true, active_slots: 2, slot_decay_per_second: 0.5 }),
    ],
    "/concurrency_limits/filter": [fresh(21, { tag: "slow", concurrency_limit: 2, active_slots: [] })],
    "/block_types/filter": [fresh(40, { name: "Vault", slug: "vault" }), fresh(41, { name: "Holder", slug: "holder" })],
    "/block_schemas/filter": [
      fresh(42, { checksum: "sha256:holder", fields: holderFields, capabilities: [], version: "1", block_type_id: idOf(41) }),
      fresh(43, {
        checksum: "sha256:vault",
        fields: secretFields,
        capabilities: ["b", "a"],
        version: "1",
        block_type_id: idOf(40),
      }),
    ],
    "/block_documents/filter": [
      fresh(44, {
        name: "holding",
        data: { vault: vaultData },
        block_schema_id: idOf(42),
        block_schema: { fields: holderFields },
        block_type_id: idOf(41),
        block_document_references: { vault: { block_document: { id: idOf(45), name: "keys" } } },
      }),
      fresh(45, {
        name: "keys",
        data: vaultData,
        block_schema_id: idOf(43),
        block_schema: { fields: secretFields },
        block_type_id: idOf(40),
      }),
    ],
    "/variables/filter": [fresh(50, { name: "answer", value: { n: 42 }, tags: ["v"] })],
    "/saved_searches/filter": [fresh(51, { name: "mine", filters: [] })],
    "/deployments/filter": [
      fresh(30, {
        name: "nightly",
        flow_id: idOf(1),
        version: "7",
        tags: ["prod"],
        labels: { team: "x" },
        parameters: { p: 1 },
        job_variables: { env: { A: "1" } },
        pull_steps: [{ step: {} }],
        work_queue_id: idOf(11),
        work_queue_name: "default",
        global_concurrency_limit: { id: idOf(20), name: "db", limit: 3 },
        concurrency_options: { collision_strategy: "CANCEL_NEW" },
        schedules: [
          fresh(31, { schedule: interval, active: true, parameters: {}, slug: "hourly" }),
          fresh(32, { schedule: { cron: "0 3 * * *", timezone: "Europe/Berlin" }, active: false }),
        ],
      }),
    ],
    "/flow_runs/filter": [
      flowRun(100, 1),
      flowRun(101, 4, { parent_task_run_id: idOf(200), state_type: "RUNNING", state_name: "Running" }),
      flowRun(102, 5, {
        state_type: "SCHEDULED",
        state_name: "Scheduled",
        run_count: 0,
        next_scheduled_start_time: "2099-01-01T00:00:00Z",
      }),
      flowRun(103, 6, { state_type: "SCHEDULED", state_name: "Late", run_count: 0, next_scheduled_start_time: at(6) }),
      flowRun(104, 7, {
        state_type: "SCHEDULED",
        run_count: 0,
        auto_scheduled: false,
        next_scheduled_start_time: "2099-01-01T00:00:00Z",
      }),
    ],
    "/flow_run_states/": [100, 101, 102, 103, 104].map((n) =>
      state(n + 1000, "COMPLETED", n - 99, { state_details: { flow_run_id: idOf(n) }, of: idOf(n) }),
    ),
    "/task_runs/filter": [taskRun(200, idOf(100)), taskRun(201, null)],
    "/task_run_states/": [200, 201].map((n) => state(n + 1000, "COMPLETED", 3, { of: idOf(n) })),
    "/artifacts/filter": [
      fresh(61, { key: "report", type: "table", data: [[1]], flow_run_id: idOf(100) }),
      fresh(60, { key: "solo", type: "markdown", data: "# hi" }),
    ],
    "/artifacts/latest/filter": [
      fresh(63, { key: "report", latest_id: idOf(61), type: "table", data: [[1]], flow_run_id: idOf(100) }),
      fresh(62, { key: "solo", latest_id: idOf(60), type: "markdown", data: "# hi" }),
    ],
    "/logs/filter": [1, 2, 2, 3].map((second, i) =>
      fresh(300 + i, {
        name: "prefect.flow_runs",
        level: 20,
        message: `line ${i}`,
        timestamp: at(second),
        flow_run_id: idOf(100),
      }),
    ),
    "/events/filter": [701, 702, 703].map(event),
    "/automations/filter": [
      fresh(80, {
        name: "watch",
        description: "",
        enabled: true,
        tags: ["ops"],
        trigger: {
          type: "event",
          id: idOf(81),
          match: {},
          match_related: {},
          after: [],
          expect: ["thing.happened"],
          for_each: [],
          posture: "Reactive",
          threshold: 1,
          within: 0,
        },
        actions: [{ type: "pause-deployment", source: "selected", deployment_id: idOf(30) }],
        actions_on_trigger: [],
        actions_on_resolve: [],
      }),
    ],
  };
}

/** How many of everything there are in the world by kind, without what is left out. */
export const worldCounts: Readonly<Record<string, number>> = {
  flows: 1,
  "work pools": 1,
  "work queues": 2,
  "concurrency limits": 2,
  "block types": 2,
  "block schemas": 2,
  "block documents": 2,
  variables: 1,
  "saved searches": 1,
  deployments: 1,
  "deployment schedules": 2,
  "flow runs": 4,
  "flow run states": 4,
  "task runs": 2,
  "task run states": 2,
  artifacts: 2,
  "artifact collections": 2,
  logs: 4,
  events: 3,
  automations: 1,
};

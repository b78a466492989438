import type { Random } from "../../support/random.ts";

export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
}
export interface WorkPool {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}
export interface WorkQueue {
  readonly id: string;
  readonly name: string;
  readonly work_pool_id: string;
}
export interface Deployment extends Flow {
  readonly flow_id: string;
  readonly paused: boolean;
  readonly work_queue_id: string | null;
  readonly work_queue_name: string | null;
}
interface Run extends Flow {
  readonly state_type: string | null;
  readonly state_name: string | null;
  readonly start_time: number | null;
  readonly end_time: number | null;
  readonly expected_start_time: number | null;
}
export interface FlowRun extends Run {
  readonly flow_id: string;
  readonly deployment_id: string | null;
  readonly work_queue_id: string | null;
  readonly work_queue_name: string | null;
  readonly flow_version: string | null;
  readonly next_scheduled_start_time: number | null;
  readonly parent_task_run_id: string | null;
  readonly idempotency_key: string | null;
  readonly created_by: { readonly id: string; readonly type: string } | null;
}
export interface TaskRun extends Run {
  readonly flow_run_id: string | null;
}
export interface Log {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly level: number;
  readonly timestamp: number;
  readonly flow_run_id: string | null;
  readonly task_run_id: string | null;
}
export type Resource = Readonly<Record<string, string>>;
export interface Event {
  readonly id: string;
  readonly occurred: number;
  readonly event: string;
  readonly resource: Resource;
  readonly related: readonly Resource[];
  readonly payload: Readonly<Record<string, string>>;
}

/** The rows of a random database, with their relations. */
export interface Rows {
  readonly flows: readonly Flow[];
  readonly work_pools: readonly WorkPool[];
  readonly work_queues: readonly WorkQueue[];
  readonly deployments: readonly Deployment[];
  readonly flow_runs: readonly FlowRun[];
  readonly task_runs: readonly TaskRun[];
  readonly logs: readonly Log[];
  readonly events: readonly Event[];
}

const start = Date.UTC(2020, 0, 1) * 1000;
/** Times in microseconds: neighbours by one microsecond, a second, a day. */
export const instants = [0, 1, 2, 999_999, 1_000_000, 1_000_001, 60_000_000, 86_400_000_000].map((later) => start + later);
export const names = ["etl", "ETL", "Etl daily", "É", "é", "a_b", "axb", "50%", "5000", "it's", "", "名前", "\\_"];
export const tags = ["a", "b", "A", "é", "x y", "", "it's", '"q"', "%"];
export const states = [
  ["SCHEDULED", "Scheduled"],
  ["SCHEDULED", "Late"],
  ["PENDING", "Pending"],
  ["RUNNING", "Running"],
  ["COMPLETED", "Completed"],
  ["COMPLETED", "completed"],
  ["FAILED", "Failed"],
  ["CRASHED", "Crashed"],
] as const;
export const versions = ["v1", "V1", "v2", ""];
export const keys = ["k1", "K1", "k2", ""];
export const creators = ["SCHEDULE", "AUTOMATION", "schedule"];
export const poolTypes = ["process", "docker", "Process"];
export const words = ["alpha", "Beta", "gamma", "50%", "a_b", "delta-x"];
export const eventNames = [
  "prefect.flow-run.Running",
  "prefect.flow-run.Failed",
  "prefect.task-run.Running",
  "custom",
  "Custom",
  "a%b",
  "",
];
export const resourceIds = ["prefect.flow-run.1", "prefect.flow-run.2", "prefect.flow.1", "custom_1", "customx1", "é"];
export const roles = ["flow", "tag", "Tag"];
export const labels = ["state", "prefect.name", 'odd"label'];
export const labelValues = ["on", "ON", "off", "a*c", "abc", "a[b", ""];

const uuid = (kind: number, i: number) => `${String(kind).padStart(8, "0")}-0000-4000-8000-${String(i).padStart(12, "0")}`;
/** Ids of a deployment, a task run and a flow run that are not there. */
export const gone = uuid(99, 1);

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Returns random rows of every kind that can be asked for. */
export function randomRows(random: Random): Rows {
  const { one, some, chance, below } = random;
  const maybe = <T>(list: readonly T[], probability = 0.7): T | null =>
    list.length > 0 && chance(probability) ? one(list) : null;
  // Names that have to differ do so by their end.
  const unique = (i: number) => (i < names.length ? (names[i] ?? "") : `${one(names)} ${i}`);
  const flows = many(14, (i): Flow => ({ id: uuid(1, i), name: unique(i), tags: some(tags, 3) }));
  const work_pools = many(5, (i): WorkPool => ({ id: uuid(2, i), name: unique(i), type: one(poolTypes) }));
  const work_queues = many(14, (i): WorkQueue => ({ id: uuid(3, i), name: unique(i), work_pool_id: one(work_pools).id }));
  const queueIds = work_queues.map(({ id }) => id);
  const deployments = many(
    18,
    (i): Deployment => ({
      id: uuid(4, i),
      name: unique(i),
      flow_id: one(flows.slice(0, 8)).id,
      tags: some(tags, 3),
      paused: chance(0.3),
      work_queue_id: maybe(queueIds),
      work_queue_name: maybe(names),
    }),
  );
  const run = (kind: number, i: number): Run => {
    const [state_type, state_name] = maybe(states, 0.9) ?? [null, null];
    const times = { start_time: maybe(instants), end_time: maybe(instants, 0.5), expected_start_time: maybe(instants) };
    return { id: uuid(kind, i), name: one(names), tags: some(tags, 3), state_type, state_name, ...times };
  };
  const runIds = many(60, (i) => uuid(5, i));
  const task_runs = many(60, (i): TaskRun => ({ ...run(6, i), flow_run_id: maybe(runIds.slice(0, 30), 0.8) }));
  const flow_runs = many(
    60,
    (i): FlowRun => ({
      ...run(5, i),
      flow_id: one(flows.slice(2)).id,
      deployment_id: maybe([...deployments.map(({ id }) => id), gone], 0.6),
      work_queue_id: maybe(queueIds, 0.5),
      work_queue_name: maybe(names, 0.5),
      flow_version: maybe(versions),
      next_scheduled_start_time: maybe(instants, 0.5),
      parent_task_run_id: maybe(
        task_runs.map(({ id }) => id),
        0.4,
      ),
      // A flow has a key once.
      idempotency_key: chance(0.3) ? null : i < keys.length ? (keys[i] ?? "") : `${one(keys)} ${i}`,
      created_by: chance(0.4) ? null : { id: one([...deployments.map(({ id }) => id), gone]), type: one(creators) },
    }),
  );
  const logs = many(
    60,
    (i): Log => ({
      id: uuid(7, i),
      name: one(["prefect.flow_runs", "Prefect.task"]),
      message: some(words, 3).join(" "),
      level: below(6) * 10,
      timestamp: one(instants),
      flow_run_id: maybe([...runIds.slice(0, 5), gone]),
      task_run_id: maybe(
        task_runs.slice(0, 5).map(({ id }) => id),
        0.5,
      ),
    }),
  );
  return {
    flows,
    work_pools,
    work_queues,
    deployments,
    flow_runs,
    task_runs,
    logs,
    events: many(45, (i) => randomEvent(random, i)),
  };
}

function randomEvent({ one, some, chance }: Random, i: number): Event {
  const labelled = (id: string): Resource => ({
    "prefect.resource.id": id,
    ...Object.fromEntries(some(labels, 2).map((label) => [label, one(labelValues)])),
  });
  return {
    id: uuid(8, i),
    // No two at a time: which of them is the newest would be open.
    occurred: (instants[i % instants.length] ?? start) + Math.floor(i / instants.length) * 10,
    event: one(eventNames),
    resource: labelled(one(resourceIds)),
    related: Array.from({ length: chance(0.3) ? 0 : 1 + (i % 3) }, () => ({
      ...labelled(one(resourceIds)),
      "prefect.resource.role": one(roles),
    })),
    payload: chance(0.5) ? {} : { text: some(words, 2).join(" ") },
  };
}

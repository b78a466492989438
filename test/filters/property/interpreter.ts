import type { Deployment, Flow, FlowRun, Log, Rows, TaskRun, WorkPool, WorkQueue } from "./rows.ts";

/** One JSON object of a filter. */
export type Filter = Readonly<Record<string, unknown>>;
/** The filters of a request by their names. */
export type Filters = Readonly<Record<string, Filter | undefined>>;

type Value = string | number | null;
type Condition = boolean | undefined;

const isObject = (value: unknown): value is Filter => typeof value === "object" && value !== null && !Array.isArray(value);
const isSent = (value: unknown): boolean => value !== undefined && value !== null;
const listOf = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** Joins the conditions that there are by the object's operator; none at all is true. */
function join({ operator }: Filter, conditions: readonly Condition[]): boolean {
  const given = conditions.filter((condition) => condition !== undefined);
  return operator === "or_" && given.length > 0 ? given.includes(true) : !given.includes(false);
}

/** A member's conditions joined, undefined where it is not sent. One that is sent without a condition is true. */
function member(filter: Filter, name: string, conditionsOf: (sent: Filter) => readonly Condition[]): Condition {
  const sent = filter[name];
  return isObject(sent) ? join(sent, conditionsOf(sent)) : undefined;
}

const small = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** LIKE: `%` any characters, `_` one, ASCII letters without regard to case. */
export function isLike(text: string, pattern: string): boolean {
  const source = [...small(pattern)].map((c) =>
    c === "%" ? ".*" : c === "_" ? "." : c.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"),
  );
  return new RegExp(`^${source.join("")}$`, "su").test(small(text));
}

/** A wire time in microseconds. */
const micros = (wire: unknown): number => {
  const [, seconds = "", fraction = "", zone = ""] = /^(.{19})(?:\.(\d{1,6}))?(.*)$/.exec(String(wire)) ?? [];
  return Date.parse(`${seconds}${zone}`) * 1000 + Number(fraction.padEnd(6, "0"));
};

// The conditions on one value: null meets none of them but `is_null_`.
function onValue(value: Value, sent: Filter): Condition[] {
  const { any_, not_any_, like_, startswith_, is_null_, before_, after_, eq_, ge_, le_ } = sent;
  const has = value !== null;
  const refused = listOf(not_any_);
  const beginnings = listOf(startswith_);
  return [
    listOf(any_) && has && listOf(any_)?.includes(value),
    refused && refused.length > 0 ? has && !refused.includes(value) : undefined,
    typeof like_ === "string" && like_ !== "" ? has && isLike(String(value), `%${like_}%`) : undefined,
    beginnings && beginnings.length > 0 ? has && beginnings.some((text) => isLike(String(value), `${text}%`)) : undefined,
    typeof is_null_ === "boolean" ? is_null_ === !has : undefined,
    isSent(before_) ? has && Number(value) <= micros(before_) : undefined,
    isSent(after_) ? has && Number(value) >= micros(after_) : undefined,
    typeof eq_ === "boolean" ? value === Number(eq_) : undefined,
    typeof ge_ === "number" ? has && Number(value) >= ge_ : undefined,
    typeof le_ === "number" ? has && Number(value) <= le_ : undefined,
  ];
}

const column = (filter: Filter, name: string, value: Value): Condition => member(filter, name, (sent) => onValue(value, sent));

const tagsOf = (filter: Filter, tags: readonly string[]): Condition =>
  member(filter, "tags", ({ all_, any_, is_null_ }) => {
    const needed = listOf(all_);
    return [
      needed && needed.length > 0 ? needed.every((tag) => tags.some((own) => own === tag)) : undefined,
      listOf(any_)?.some((tag) => tags.some((own) => own === tag)),
      typeof is_null_ === "boolean" ? is_null_ === (tags.length === 0) : undefined,
    ];
  });

// A type or name without a condition is left out here, unlike other members.
function stateOf(
  filter: Filter,
  { state_type, state_name }: { state_type: string | null; state_name: string | null },
): Condition {
  const part = (sent: unknown, value: string | null): Condition => {
    if (!isObject(sent)) return undefined;
    const given = onValue(value, sent).filter((condition) => condition !== undefined);
    return given.length === 0 ? undefined : !given.includes(false);
  };
  return member(filter, "state", ({ type, name }) => [part(type, state_type), part(name, state_name)]);
}

/** Says by the rules of the reference which rows a request finds, by looking at each row. */
export class Interpreter {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  flow(filter: Filter, row: Flow): boolean {
    const { deployments } = this.#rows;
    return join(filter, [
      column(filter, "id", row.id),
      column(filter, "name", row.name),
      tagsOf(filter, row.tags),
      member(filter, "deployment", ({ is_null_ }) => [
        typeof is_null_ === "boolean" ? is_null_ === !deployments.some(({ flow_id }) => flow_id === row.id) : undefined,
      ]),
    ]);
  }

  flowRun(filter: Filter, row: FlowRun): boolean {
    const parent = this.#rows.task_runs.find(({ id }) => id === row.parent_task_run_id);
    const { created_by } = row;
    return join(filter, [
      column(filter, "id", row.id),
      column(filter, "name", row.name),
      tagsOf(filter, row.tags),
      column(filter, "deployment_id", row.deployment_id),
      column(filter, "work_queue_name", row.work_queue_name),
      stateOf(filter, row),
      column(filter, "flow_version", row.flow_version),
      member(filter, "start_time", ({ is_null_, ...window }) => [
        ...onValue(row.start_time ?? row.expected_start_time, window),
        ...onValue(row.start_time, { is_null_ }),
      ]),
      column(filter, "end_time", row.end_time),
      column(filter, "expected_start_time", row.expected_start_time),
      column(filter, "next_scheduled_start_time", row.next_scheduled_start_time),
      column(filter, "parent_flow_run_id", parent?.flow_run_id ?? null),
      column(filter, "parent_task_run_id", row.parent_task_run_id),
      column(filter, "idempotency_key", row.idempotency_key),
      member(filter, "created_by", ({ id_, type_, is_null_ }) => [
        ...onValue(created_by?.id ?? null, { any_: id_ }),
        ...onValue(created_by?.type ?? null, { any_: type_ }),
        ...onValue(created_by?.id ?? null, { is_null_ }),
      ]),
    ]);
  }

  taskRun(filter: Filter, row: TaskRun): boolean {
    return join(filter, [
      column(filter, "id", row.id),
      column(filter, "name", row.name),
      tagsOf(filter, row.tags),
      stateOf(filter, row),
      column(filter, "start_time", row.start_time),
      column(filter, "end_time", row.end_time),
      column(filter, "expected_start_time", row.expected_start_time),
      member(filter, "subflow_runs", ({ exists_ }) => [
        typeof exists_ === "boolean"
          ? exists_ === this.#rows.flow_runs.some(({ parent_task_run_id }) => parent_task_run_id === row.id)
          : undefined,
      ]),
      member(filter, "flow_run_id", ({ any_, is_null_ = false }) => {
        if (is_null_ === true) return [row.flow_run_id === null];
        if (isSent(any_)) return onValue(row.flow_run_id, { any_ });
        return [is_null_ === false ? row.flow_run_id !== null : undefined];
      }),
    ]);
  }

  deployment(filter: Filter, row: Deployment): boolean {
    const flow = this.#rows.flows.find(({ id }) => id === row.flow_id);
    return join(filter, [
      column(filter, "id", row.id),
      column(filter, "name", row.name),
      member(filter, "flow_or_deployment_name", (sent) => {
        const [own, flows] = [row.name, flow?.name ?? ""].map((name) => onValue(name, sent).find((one) => one !== undefined));
        return [own === undefined ? undefined : own || flows];
      }),
      column(filter, "paused", Number(row.paused)),
      tagsOf(filter, row.tags),
      column(filter, "work_queue_name", row.work_queue_name),
      // `concurrency_limit` is taken and ignored.
    ]);
  }

  workPool(filter: Filter, row: WorkPool): boolean {
    return join(filter, [column(filter, "id", row.id), column(filter, "name", row.name), column(filter, "type", row.type)]);
  }

  workQueue(filter: Filter, row: WorkQueue): boolean {
    const { name } = filter;
    // No beginnings are no condition, and leave the name out.
    const leftOut = isObject(name) && !isSent(name.any_) && listOf(name.startswith_)?.length === 0;
    return join(filter, [column(filter, "id", row.id), leftOut ? undefined : column(filter, "name", row.name)]);
  }

  /** Tells whether a queue meets the filters of queues and pools. */
  #inQueue({ work_pools, work_pool_queues }: Filters, queueId: string | null): boolean {
    const queue = this.#rows.work_queues.find(({ id }) => id === queueId);
    if (queue === undefined) return false;
    const pool = this.#rows.work_pools.find(({ id }) => id === queue.work_pool_id);
    if (work_pool_queues && !this.workQueue(work_pool_queues, queue)) return false;
    return !work_pools || (pool !== undefined && this.workPool(work_pools, pool));
  }

  // A run by itself and by its task runs.
  #runWithTasks({ flow_runs, task_runs }: Filters, run: FlowRun): boolean {
    if (flow_runs && !this.flowRun(flow_runs, run)) return false;
    return !task_runs || this.#rows.task_runs.some((task) => task.flow_run_id === run.id && this.taskRun(task_runs, task));
  }

  #wholeRun(filters: Filters, run: FlowRun): boolean {
    const { flows, deployments, work_pools, work_pool_queues } = filters;
    return (
      this.#runWithTasks(filters, run) &&
      (!flows || this.#rows.flows.some((flow) => flow.id === run.flow_id && this.flow(flows, flow))) &&
      (!deployments || this.#rows.deployments.some((one) => one.id === run.deployment_id && this.deployment(deployments, one))) &&
      (!(work_pools || work_pool_queues) || this.#inQueue(filters, run.work_queue_id))
    );
  }

  flows(filters: Filters): Flow[] {
    const { flows, flow_runs, task_runs, deployments, work_pools } = filters;
    return this.#rows.flows.filter(
      (flow) =>
        (!flows || this.flow(flows, flow)) &&
        (!(flow_runs || task_runs) ||
          this.#rows.flow_runs.some((run) => run.flow_id === flow.id && this.#runWithTasks(filters, run))) &&
        (!(deployments || work_pools) ||
          this.#rows.deployments.some(
            (one) =>
              one.flow_id === flow.id &&
              (!deployments || this.deployment(deployments, one)) &&
              (!work_pools || this.#inQueue({ work_pools }, one.work_queue_id)),
          )),
    );
  }

  flowRuns(filters: Filters): FlowRun[] {
    return this.#rows.flow_runs.filter((run) => this.#wholeRun(filters, run));
  }

  taskRuns({ task_runs, ...filters }: Filters): TaskRun[] {
    const ofRun = Object.values(filters).some((filter) => filter !== undefined);
    return this.#rows.task_runs.filter(
      (task) =>
        (!task_runs || this.taskRun(task_runs, task)) &&
        (!ofRun || this.#rows.flow_runs.some((run) => run.id === task.flow_run_id && this.#wholeRun(filters, run))),
    );
  }

  deployments(filters: Filters): Deployment[] {
    const { deployments, flows, flow_runs, task_runs, work_pools, work_pool_queues } = filters;
    return this.#rows.deployments.filter(
      (one) =>
        (!deployments || this.deployment(deployments, one)) &&
        (!flows || this.#rows.flows.some((flow) => flow.id === one.flow_id && this.flow(flows, flow))) &&
        (!(flow_runs || task_runs) ||
          this.#rows.flow_runs.some((run) => run.deployment_id === one.id && this.#runWithTasks(filters, run))) &&
        (!(work_pools || work_pool_queues) || this.#inQueue(filters, one.work_queue_id)),
    );
  }

  workPools({ work_pools }: Filters): WorkPool[] {
    return this.#rows.work_pools.filter((pool) => !work_pools || this.workPool(work_pools, pool));
  }

  workQueues({ work_queues }: Filters): WorkQueue[] {
    return this.#rows.work_queues.filter((queue) => !work_queues || this.workQueue(work_queues, queue));
  }

  logs({ logs }: Filters): Log[] {
    return this.#rows.logs.filter((row) => !logs || isLogOf(logs, row));
  }
}

/** What a search text asks for; queries of the tests are words with a sign before them and no phrases. */
export function searched(query: unknown, text: string): { included: Condition; required: Condition; excluded: Condition } {
  const terms = String(query)
    .split(/\s+/)
    .filter((word) => /[^+!-]/.test(word));
  const has = (word: string) => small(text).includes(small(word));
  const of = (sign: RegExp) => terms.filter((word) => sign.test(word));
  const [include, require, exclude] = [of(/^[^+!-]/), of(/^\+/), of(/^[!-]/)];
  return {
    included: include.length > 0 ? include.some(has) : undefined,
    required: require.length > 0 ? require.every((word) => has(word.slice(1))) : undefined,
    excluded: exclude.length > 0 ? !exclude.some((word) => has(word.slice(1))) : undefined,
  };
}

function isLogOf(filter: Filter, row: Log): boolean {
  const found = isObject(filter.text) ? searched(filter.text.query, `${row.message} ${row.name}`) : undefined;
  return join(filter, [
    column(filter, "level", row.level),
    column(filter, "timestamp", row.timestamp),
    column(filter, "flow_run_id", row.flow_run_id),
    column(filter, "task_run_id", row.task_run_id),
    // With or_ the three kinds of terms count as conditions of their own.
    ...(found === undefined ? [] : [found.included, found.required, found.excluded]),
  ]);
}

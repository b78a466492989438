import { type TaskRunHistory, type TaskRunIdentity, taskRunHistories } from "../domain/events/task-run-history.ts";
import type { TaskRunColumns, TaskRunReport } from "../domain/events/task-run-reports.ts";
import { readTaskRunPolicy } from "../domain/orchestration/empirical-policy.ts";
import { keptStateDetails, type State } from "../domain/states.ts";
import { stringifyJson } from "../schemas/json.ts";
import type { Micros } from "../schemas/time.ts";
import type { ResultSet, Sql } from "./client.ts";
import { rowMapper } from "./rows.ts";
import { raw, sql } from "./sql/tag.ts";
import { type EventRow, event } from "./tables/events.ts";
import { settleDeliveries } from "./task-run-deliveries.ts";

const events = rowMapper(event);

type ColumnName = keyof TaskRunColumns;

/** Each column that a report may set, with what a new row gets where it says nothing (as SQL). */
const defaults: Record<ColumnName, string> = {
  name: "''",
  cache_key: "null",
  cache_expiration: "null",
  task_version: "null",
  empirical_policy: `'${stringifyJson(readTaskRunPolicy({}))}'`,
  tags: "'[]'",
  labels: "null",
  task_inputs: "'{}'",
  run_count: "0",
  flow_run_run_count: "0",
  expected_start_time: "null",
  next_scheduled_start_time: "null",
  start_time: "null",
  end_time: "null",
  total_run_time: "0",
};
const columnNames = Object.keys(defaults);

/** The id of the row that a JSON identity (an SQL expression) means; null if there is none. */
const rowOf = (run: string) => `coalesce(
  (select t.id from task_run t where t.flow_run_id = ${run} ->> '$.f' and t.task_key = ${run} ->> '$.t' and t.dynamic_key = ${run} ->> '$.d'),
  (select t.id from json_each(${run} -> '$.i') i join task_run t on t.id = i.value order by i.key limit 1))`;

const flowRunIsThere = (run: string) =>
  `(${run} ->> '$.f' is null or exists (select 1 from flow_run f where f.id = ${run} ->> '$.f'))`;

const insertRows = `insert into task_run (id, created, updated, flow_run_id, task_key, dynamic_key,
    state_id, state_type, state_name, state_timestamp, ${columnNames.join(", ")})
  select r.value ->> '$.i[0]', ?, ?, r.value ->> '$.f', r.value ->> '$.t', r.value ->> '$.d',
    r.value ->> '$.s[0]', r.value ->> '$.s[1]', r.value ->> '$.s[2]', r.value ->> '$.s[3]',
    ${Object.entries(defaults)
      .map(([name, value]) => `coalesce(r.value ->> '$.c.${name}', ${value})`)
      .join(", ")}
  from json_each(?) r where ${rowOf("r.value")} is null and ${flowRunIsThere("r.value")} on conflict do nothing`;

const updateRows = `update task_run as o set updated = ?, flow_run_id = r.value ->> '$.f', task_key = r.value ->> '$.t',
    dynamic_key = r.value ->> '$.d', state_id = r.value ->> '$.s[0]', state_type = r.value ->> '$.s[1]',
    state_name = r.value ->> '$.s[2]', state_timestamp = r.value ->> '$.s[3]',
    ${columnNames
      .map(
        (name) =>
          `${name} = case when json_type(r.value, '$.c.${name}') is null then o.${name} else r.value ->> '$.c.${name}' end`,
      )
      .join(", ")}
  from json_each(?) r where o.id = ${rowOf("r.value")} and ${flowRunIsThere("r.value")}
    and (o.state_timestamp is null or o.state_timestamp < r.value ->> '$.b') and (r.value ->> '$.a' is null or o.state_timestamp >= r.value ->> '$.a')`;

const insertStates = `insert into task_run_state (id, task_run_id, type, name, timestamp, message, data, state_details)
  select s.value ->> '$.s[0]', o.id, s.value ->> '$.s[1]', s.value ->> '$.s[2]', s.value ->> '$.s[3]', s.value ->> '$.s[4]', s.value ->> '$.s[5]',
    json_set(s.value ->> '$.s[6]', '$.task_run_id', o.id)
  from json_each(?) s join task_run o on o.id = ${rowOf("s.value")} where true order by s.key on conflict do nothing`;

const removeTags = `delete from task_run_tag where task_run_id in (select ${rowOf("r.value")} from json_each(?) r)
  and not exists (select 1 from task_run o, json_each(o.tags) g where o.id = task_run_tag.task_run_id and g.value = task_run_tag.tag)`;

const addTags = `insert into task_run_tag (tag, task_run_id) select distinct g.value, o.id
  from json_each(?) r join task_run o on o.id = ${rowOf("r.value")}, json_each(o.tags) g where true on conflict do nothing`;

const keepForLater = `insert into task_run_event_backlog (event_id, flow_run_id, added)
  select s.value ->> '$.s[0]', s.value ->> '$.f', ? from json_each(?) s
  where not ${flowRunIsThere("s.value")} and ${rowOf("s.value")} is null on conflict do nothing`;

/**
 * Returns the statements that make rows and states of a group of reports: the same few for any number of them. They may come
 * in any order and twice; those of a flow run that is not there are put into the backlog (task_runs.md 8).
 */
export function recordTaskRuns(reports: readonly TaskRunReport[], now: Micros): Sql[] {
  if (reports.length === 0) return [];
  const histories = taskRunHistories(reports);
  const runs = histories.map((history) => ({
    ...identity(history.run),
    s: stateRow(history.last),
    c: encode(history.steps[0]?.columns ?? {}),
  }));
  const steps = histories.flatMap((history) => stepRows(history));
  const states = histories.flatMap(({ run, states }) => states.map((state) => ({ ...identity(run), s: fullStateRow(state) })));
  const tagged = histories.filter(({ steps }) => steps[0]?.columns.tags !== undefined).map(({ run }) => identity(run));
  return [
    { sql: insertRows, args: [now, now, stringifyJson(runs)] },
    { sql: updateRows, args: [now, stringifyJson(steps)] },
    { sql: insertStates, args: [stringifyJson(states)] },
    { sql: removeTags, args: [stringifyJson(tagged)] },
    { sql: addTags, args: [stringifyJson(tagged)] },
    ...settleDeliveries(
      histories.flatMap(({ run }) => run.ids),
      now,
    ),
    { sql: keepForLater, args: [now, stringifyJson(states.map(({ i, f, t, d, s: [id] }) => ({ i, f, t, d, s: [id] })))] },
  ];
}

const identity = ({ ids, flow_run_id, task_key, dynamic_key }: TaskRunIdentity) => ({
  i: ids,
  f: flow_run_id,
  t: task_key,
  d: dynamic_key,
});

const stateRow = ({ id, type, name, timestamp }: State) => [id, type, name, timestamp];

const fullStateRow = (state: State) => [
  ...stateRow(state),
  state.message,
  state.data === null ? null : stringifyJson(state.data),
  stringifyJson(keptStateDetails(state.state_details)),
];

function stepRows({ run, last, steps }: TaskRunHistory) {
  return steps.map(({ from, before, columns }) => ({
    ...identity(run),
    s: stateRow(last),
    a: from,
    b: before,
    c: encode(columns),
  }));
}

/** Columns as they stand in the table: documents are text. */
function encode({ empirical_policy, tags, labels, task_inputs, ...plain }: TaskRunColumns) {
  const text = (value: unknown) => (value === undefined ? undefined : stringifyJson(value));
  return {
    ...plain,
    empirical_policy: text(empirical_policy),
    tags: text(tags),
    labels: text(labels),
    task_inputs: text(task_inputs),
  };
}

/** The stored events of the backlog whose flow run is there by now. */
export const dueBacklog = (
  limit: number,
): Sql => sql`select ${raw(events.columns("e"))} from task_run_event_backlog b join event e on e.id = b.event_id
    where exists (select 1 from flow_run f where f.id = b.flow_run_id) order by e.position limit ${limit}`;

/** Whether the backlog holds anything that was added before a time. */
export const backlogBefore = (time: Micros): Sql =>
  sql`select exists (select 1 from task_run_event_backlog where added < ${time})`;

/** Takes events out of the backlog: those that were recorded, and all that were added before a time. */
export const clearBacklog = (recorded: readonly string[], before: Micros): Sql =>
  sql`delete from task_run_event_backlog where event_id in (select value from json_each(${stringifyJson(recorded)})) or added < ${before}`;

/** Returns the events of a `dueBacklog` statement. */
export const backlogEvents = (result: ResultSet): EventRow[] => events.rows(result);

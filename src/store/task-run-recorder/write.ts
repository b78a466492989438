import type { Event } from "../../domain/events/event.ts";
import { type TaskRunHistory, type TaskRunIdentity, taskRunHistories } from "../../domain/events/task-run-history.ts";
import type { TaskRunColumns, TaskRunReport } from "../../domain/events/task-run-reports.ts";
import { readTaskRunPolicy } from "../../domain/orchestration/empirical-policy.ts";
import { compactStateDetails, type State } from "../../domain/states.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { insertEvents } from "../events/write.ts";
import { raw, sql } from "../sql/tag.ts";
import { settleDeliveries } from "../task-run-deliveries/write.ts";

type ColumnName = keyof TaskRunColumns;

/** The columns that a report may set, with the SQL of their default in a new row. */
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

const allColumns = raw(columnNames.join(", "));

const givenOrDefault = raw(
  Object.entries(defaults)
    .map(([name, value]) => `coalesce(r.value ->> '$.c.${name}', ${value})`)
    .join(", "),
);

const givenOrKept = raw(
  columnNames
    .map(
      (name) => `${name} = case when json_type(r.value, '$.c.${name}') is null then o.${name} else r.value ->> '$.c.${name}' end`,
    )
    .join(", "),
);

// For the JSON identities of `json_each(…) r` and `json_each(…) s`.
const forBoth = (text: (run: string) => string) => ({ r: raw(text("r.value")), s: raw(text("s.value")) });

/** The id of the row that a JSON identity refers to; null if there is none. */
const rowOf = forBoth(
  (run) => `coalesce(
  (select t.id from task_run t where t.flow_run_id = ${run} ->> '$.f' and t.task_key = ${run} ->> '$.t' and t.dynamic_key = ${run} ->> '$.d'),
  (select t.id from json_each(${run} -> '$.i') i join task_run t on t.id = i.value order by i.key limit 1))`,
);

const flowRunIsThere = forBoth(
  (run) => `(${run} ->> '$.f' is null or exists (select 1 from flow_run f where f.id = ${run} ->> '$.f'))`,
);

const insertRows = (
  runs: string,
  now: Micros,
): Sql => sql`insert into task_run (id, created, updated, flow_run_id, task_key, dynamic_key,
    state_id, state_type, state_name, state_timestamp, ${allColumns})
  select r.value ->> '$.i[0]', ${now}, ${now}, r.value ->> '$.f', r.value ->> '$.t', r.value ->> '$.d',
    r.value ->> '$.s[0]', r.value ->> '$.s[1]', r.value ->> '$.s[2]', r.value ->> '$.s[3]',
    ${givenOrDefault}
  from json_each(${runs}) r where ${rowOf.r} is null and ${flowRunIsThere.r} on conflict do nothing`;

const updateRows = (
  steps: string,
  now: Micros,
): Sql => sql`update task_run as o set updated = ${now}, flow_run_id = r.value ->> '$.f', task_key = r.value ->> '$.t',
    dynamic_key = r.value ->> '$.d', state_id = r.value ->> '$.s[0]', state_type = r.value ->> '$.s[1]',
    state_name = r.value ->> '$.s[2]', state_timestamp = r.value ->> '$.s[3]',
    ${givenOrKept}
  from json_each(${steps}) r where o.id = ${rowOf.r} and ${flowRunIsThere.r}
    and (o.state_timestamp is null or o.state_timestamp < r.value ->> '$.b') and (r.value ->> '$.a' is null or o.state_timestamp >= r.value ->> '$.a')`;

const insertStates = (
  states: string,
): Sql => sql`insert into task_run_state (id, task_run_id, type, name, timestamp, message, data, state_details)
  select s.value ->> '$.s[0]', o.id, s.value ->> '$.s[1]', s.value ->> '$.s[2]', s.value ->> '$.s[3]', s.value ->> '$.s[4]', s.value ->> '$.s[5]',
    json_set(s.value ->> '$.s[6]', '$.task_run_id', o.id)
  from json_each(${states}) s join task_run o on o.id = ${rowOf.s} where true order by s.key on conflict do nothing`;

const removeTags = (
  runs: string,
): Sql => sql`delete from task_run_tag where task_run_id in (select ${rowOf.r} from json_each(${runs}) r)
  and not exists (select 1 from task_run o, json_each(o.tags) g where o.id = task_run_tag.task_run_id and g.value = task_run_tag.tag)`;

const addTags = (runs: string): Sql => sql`insert into task_run_tag (tag, task_run_id) select distinct g.value, o.id
  from json_each(${runs}) r join task_run o on o.id = ${rowOf.r}, json_each(o.tags) g where true on conflict do nothing`;

const insertBacklog = (states: string, now: Micros): Sql => sql`insert into task_run_event_backlog (event_id, flow_run_id, added)
  select s.value ->> '$.s[0]', s.value ->> '$.f', ${now} from json_each(${states}) s
  where not ${flowRunIsThere.s} and ${rowOf.s} is null on conflict do nothing`;

/**
 * Returns the statements that record a group of reports; their number is independent of the size of the group. Reports may arrive
 * in any order and repeatedly; those of a missing flow run are put into the backlog
 * (`prefect/server/services/task_run_recorder.py record_bulk_task_run_events`).
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
    insertRows(stringifyJson(runs), now),
    updateRows(stringifyJson(steps), now),
    insertStates(stringifyJson(states)),
    removeTags(stringifyJson(tagged)),
    addTags(stringifyJson(tagged)),
    ...settleDeliveries(
      histories.flatMap(({ run }) => run.ids),
      now,
    ),
    insertBacklog(stringifyJson(states.map(({ i, f, t, d, s: [id] }) => ({ i, f, t, d, s: [id] }))), now),
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
  stringifyJson(compactStateDetails(state.state_details)),
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

/** Columns in their stored form: documents are text. */
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

/** Stores events, idempotent by id, and the task runs that some of them report; all or none, one round trip. */
export async function storeEvents(
  db: Database,
  { events, reports, received }: { events: readonly Event[]; reports: readonly TaskRunReport[]; received: Micros },
): Promise<void> {
  await db.write([...insertEvents(events, received), ...recordTaskRuns(reports, received)]);
}

import type { ScheduledRun, ScheduledRunTemplate, ScheduleSource } from "../../domain/deployments/scheduled-runs.ts";
import { stringifyJson } from "../../lib/json.ts";
import { formatTime, type Micros } from "../../lib/time.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { readInParts } from "../slices.ts";
import { selection } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { deployments, scheduleOf, schedules } from "./rows.ts";

/** A schedule as it was read: its runs are stored only if it and its deployment have not changed since. */
export interface LoadedSchedule extends ScheduleSource {
  readonly updated: Micros;
  readonly deployment_updated: Micros;
  readonly due: Micros | null;
}

/** Selects schedules: all active ones of a deployment, those of it that are due, or those that are due by some time. */
export type ScheduleChoice =
  | { readonly deployment_id: string; readonly due: boolean }
  | { readonly due_by: Micros; readonly limit: number };

/** Columns that scheduled runs do not depend on, and that may be large. */
const unusedColumns: ReadonlySet<string> = new Set([
  "parameter_openapi_schema",
  "pull_steps",
  "description",
  "path",
  "entrypoint",
]);
const loaded = selection({
  schedule: schedules.cells("s"),
  deployment: {
    ...deployments.cells("d"),
    columns: raw(deployments.names.map((name) => (unusedColumns.has(name) ? "null" : `d."${name}"`)).join(", ")),
  },
});

/** The statement that reads schedules by their ids; exported for its query plan. */
export const selectSchedules = (choice: ScheduleChoice): Sql => schedulesOf(selectScheduleIds(choice));

const schedulesOf = (ids: Sql): Sql => sql`select ${loaded.columns} from (${ids}) chosen
    cross join deployment_schedule s on s.id = chosen.id cross join deployment d on d.id = s.deployment_id`;

function selectScheduleIds(choice: ScheduleChoice): Sql {
  if ("due_by" in choice) {
    return sql`select s.id as id from deployment_schedule s where s.due <= ${choice.due_by} order by s.due, s.id limit ${choice.limit}`;
  }
  return sql`select s.id as id from deployment_schedule s
      where s.deployment_id = ${choice.deployment_id} and ${raw(choice.due ? "s.due is not null" : "s.active = 1")} order by s.updated desc, s.id desc`;
}

/** The size of schedules that are processed at a time, in bytes: their runs are sent to the database as one value. */
const partBytes = 3_000_000;

/** Returns the chosen schedules in parts: all in one round trip, or several where they are large. */
export const loadSchedules = (db: Database, choice: ScheduleChoice): AsyncGenerator<LoadedSchedule[], void, undefined> =>
  readInParts(db, selectScheduleIds(choice), async (ids) => {
    const [result] = await db.read([schedulesOf(ids)], { most: partBytes });
    return readSchedules(result);
  });

function readSchedules(result: ResultSet | undefined): LoadedSchedule[] {
  return loaded.rows(result).map(({ schedule: row, deployment: { updated: deployment_updated, ...deployment } }) => {
    const { id, slug, parameters, updated, due } = row;
    return { id, slug, parameters, updated, due, schedule: scheduleOf(row), deployment, deployment_updated };
  });
}

/** The runs of one schedule. */
export interface ScheduleMaking {
  readonly source: LoadedSchedule;
  readonly template: ScheduledRunTemplate;
  readonly runs: readonly ScheduledRun[];
  /** When the schedule is due again; undefined keeps the stored time. */
  readonly due: Micros | null | undefined;
}

/**
 * Stores the runs of schedules with their first state: a run is left out if its idempotency key exists in its flow, or if its
 * schedule or deployment has changed since it was read. The number of statements is independent of the number of runs.
 */
export async function storeScheduledRuns(db: Database, makings: readonly ScheduleMaking[], now: Micros): Promise<void> {
  const settled = makings.filter(({ due }) => due !== undefined);
  const runs = runList(makings);
  const statements = [
    ...(runs === "[]" ? [] : [insertRuns(makings, runs, now), insertTags(runs), insertStates(runs)]),
    ...(settled.length === 0 ? [] : [settleDue(settled)]),
  ];
  if (statements.length > 0) await db.write(statements);
}

// [index of the schedule, id, state id, name, date, key, date as text]
const runList = (makings: readonly ScheduleMaking[]): string =>
  stringifyJson(
    makings.flatMap(({ runs }, place) =>
      runs.map((run) => [place, run.id, run.state_id, run.name, run.date, run.idempotency_key, formatTime(run.date)]),
    ),
  );

const sourceList = (makings: readonly ScheduleMaking[]): string =>
  stringifyJson(
    makings.map(({ source, template }) => [
      source.id,
      source.updated,
      source.deployment_updated,
      stringifyJson(template.parameters),
      stringifyJson(template.tags),
      stringifyJson(template.labels),
      stringifyJson(template.created_by),
    ]),
  );

function insertRuns(makings: readonly ScheduleMaking[], runs: string, now: Micros): Sql {
  return sql`with source as materialized (
        select e.key as place, d.id, d.flow_id, d.version, d.work_queue_id, d.work_queue_name, d.infrastructure_document_id,
          e.value ->> 3 as parameters, e.value ->> 4 as tags, e.value ->> 5 as labels, e.value ->> 6 as created_by
        from json_each(${sourceList(makings)}) e cross join deployment_schedule s on s.id = e.value ->> 0 and s.updated = e.value ->> 1
        cross join deployment d on d.id = s.deployment_id and d.updated = e.value ->> 2)
      insert into flow_run (id, created, updated, name, flow_id, deployment_id, deployment_version, work_queue_id, work_queue_name,
        parameters, idempotency_key, context, empirical_policy, tags, labels, state_id, state_type, state_name, state_timestamp,
        run_count, expected_start_time, next_scheduled_start_time, total_run_time, auto_scheduled, infrastructure_document_id,
        created_by, job_variables)
      select r.value ->> 1, ${now}, ${now}, r.value ->> 3, d.flow_id, d.id, d.version, d.work_queue_id, d.work_queue_name,
        d.parameters, r.value ->> 5, '{}', '{}', d.tags, d.labels, r.value ->> 2, 'SCHEDULED', 'Scheduled', ${now},
        0, r.value ->> 4, r.value ->> 4, 0, 1, d.infrastructure_document_id, d.created_by, '{}'
      from json_each(${runs}) r cross join source d on d.place = r.value ->> 0
      where true on conflict (idempotency_key, flow_id) where idempotency_key is not null do nothing`;
}

const insertTags = (runs: string): Sql => sql`insert into flow_run_tag (tag, flow_run_id) select t.value, f.id
    from json_each(${runs}) r cross join flow_run f on f.id = r.value ->> 1 cross join json_each(f.tags) t
    where true on conflict do nothing`;

// Unlike other states, these do not have the run's id in their details.
const insertStates = (
  runs: string,
): Sql => sql`insert into flow_run_state (id, flow_run_id, type, name, timestamp, message, state_details)
    select f.state_id, f.id, f.state_type, f.state_name, f.state_timestamp, 'Flow run scheduled',
      json_object('scheduled_time', r.value ->> 6)
    from json_each(${runs}) r cross join flow_run f on f.id = r.value ->> 1`;

// A schedule that was changed since it was read keeps its `due`.
function settleDue(makings: readonly ScheduleMaking[]): Sql {
  const rows = makings.map(({ source, due }) => [source.id, source.updated, source.deployment_updated, source.due, due ?? null]);
  return sql`update deployment_schedule as s set due = e.value ->> 4 from json_each(${stringifyJson(rows)}) e
      where s.id = e.value ->> 0 and s.updated = e.value ->> 1 and s.due = e.value ->> 3
        and exists (select 1 from deployment d where d.id = s.deployment_id and d.updated = e.value ->> 2)`;
}

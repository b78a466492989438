import type { JsonObject } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";
import type { Database, Sql } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { DeploymentScheduleRow } from "../tables/deployments.ts";
import { deleteScheduledRuns } from "./delete-runs.ts";
import { schedules } from "./rows.ts";

/** A schedule to be created. */
export interface NewSchedule {
  readonly id: string;
  readonly schedule: StoredSchedule;
  readonly active: boolean;
  readonly max_scheduled_runs: number | null;
  readonly parameters: JsonObject;
  readonly slug: string | null;
}

/** The changed columns of a schedule; null keeps the stored value. */
export type ScheduleChange = { readonly parameters: JsonObject } & {
  readonly [Name in "schedule" | "active" | "max_scheduled_runs" | "slug"]: NewSchedule[Name] | null;
};

/** Returns the rows of new schedules; in one batch the later ones have later times. */
export const scheduleRows = (deployment_id: string, made: readonly NewSchedule[], now: () => Micros): DeploymentScheduleRow[] =>
  made.map((schedule) => {
    const at = now();
    return { ...schedule, deployment_id, created: at, updated: at, due: null };
  });

const deploymentExists = (id: string): Sql => sql`exists (select 1 from deployment where id = ${id})`;

/** Returns the statements that store schedules of a deployment, if it exists. `dueFrom` has to follow. */
export const insertSchedules = (rows: readonly DeploymentScheduleRow[]): Sql[] =>
  rows.map((row) => schedules.insertWhere(row, deploymentExists(row.deployment_id)));

const ofDeployment = (id: string): Sql => sql`deployment_id = ${id}`;

/** Returns the statement that deletes all schedules of a deployment. */
export const removeSchedules = (deployment_id: string): Sql =>
  sql`delete from deployment_schedule where deployment_id = ${deployment_id}`;

/** Returns the statement that updates one schedule of a deployment and returns its id. */
export function changeSchedule(
  { deployment_id, id }: { deployment_id: string; id: string },
  { parameters, schedule, active, max_scheduled_runs, slug }: ScheduleChange,
  now: Micros,
): Sql {
  const set = schedules.set({
    updated: now,
    parameters,
    ...(schedule !== null && { schedule }),
    ...(active !== null && { active }),
    ...(max_scheduled_runs !== null && { max_scheduled_runs }),
    ...(slug !== null && { slug }),
  });
  return sql`update deployment_schedule set ${set} where id = ${id} and deployment_id = ${deployment_id} returning id`;
}

/** Returns the statement that clears the slugs of schedules, so that others can take them. */
export const clearSlugs = (ids: readonly string[]): Sql =>
  sql`update deployment_schedule set slug = null where id in (select value from json_each(${JSON.stringify(ids)}))`;

/**
 * Returns the statement that makes the deployment's active schedules due now, unless it is paused. It has to follow every change
 * of the deployment's schedules, of columns that its runs copy, and of `paused`.
 */
export const dueFrom = (deployment_id: string, now: Micros): Sql => sql`update deployment_schedule set due = case when active = 1
      and (select paused from deployment where id = deployment_schedule.deployment_id) = 0 then ${now} end
    where deployment_id = ${deployment_id} and (due is not null or active = 1)`;

const selectDeploymentExists = (id: string): Sql => sql`select id from deployment where id = ${id}`;

/** Returns the schedules of a deployment, the most recently updated first; null if there is no such deployment. */
export async function listSchedules(db: Database, deployment_id: string): Promise<DeploymentScheduleRow[] | null> {
  const where = ofDeployment(deployment_id);
  const [deployment, found] = await db.read([
    selectDeploymentExists(deployment_id),
    sql`select ${schedules.columns("s")} from deployment_schedule s where s.${where} order by s.updated desc, s.id desc`,
  ]);
  return touched(deployment) ? schedules.rows(found) : null;
}

/** Adds schedules to a deployment; returns false if there is none. Throws ConstraintViolation for a taken slug. */
export async function addSchedules(
  db: Database,
  deployment_id: string,
  rows: readonly DeploymentScheduleRow[],
  now: Micros,
): Promise<boolean> {
  const [deployment] = await db.write([
    selectDeploymentExists(deployment_id),
    ...insertSchedules(rows),
    dueFrom(deployment_id, now),
  ]);
  return touched(deployment);
}

/** The outcome of a change of one schedule. */
export interface ScheduleOutcome {
  readonly kind: "written" | "deployment_not_found" | "schedule_not_found";
}

/** Updates a schedule and deletes the deployment's future scheduled runs. */
export async function updateSchedule(
  db: Database,
  key: { readonly deployment_id: string; readonly id: string },
  change: ScheduleChange,
  now: Micros,
): Promise<ScheduleOutcome> {
  return writeOne(db, key, now, changeSchedule(key, change, now), now);
}

/** Deletes a schedule and all unstarted scheduled runs of the deployment. */
export async function deleteSchedule(
  db: Database,
  key: { readonly deployment_id: string; readonly id: string },
  now: Micros,
): Promise<ScheduleOutcome> {
  const removal = sql`delete from deployment_schedule where id = ${key.id} and deployment_id = ${key.deployment_id} returning id`;
  return writeOne(db, key, now, removal, null);
}

async function writeOne(
  db: Database,
  { deployment_id, id }: { deployment_id: string; id: string },
  now: Micros,
  change: Sql,
  after: Micros | null,
): Promise<ScheduleOutcome> {
  const exists: Sql = sql`select deployment_id from deployment_schedule where id = ${id} and deployment_id = ${deployment_id}`;
  const results = await db.write([
    selectDeploymentExists(deployment_id),
    // The runs are deleted first, since the condition needs the schedule's row.
    deleteScheduledRuns(exists, { auto_scheduled_only: true, after }),
    change,
    dueFrom(deployment_id, now),
  ]);
  if (!touched(results[0])) return { kind: "deployment_not_found" };
  return { kind: touched(results[2]) ? "written" : "schedule_not_found" };
}

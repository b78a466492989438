import type { DeploymentColumns } from "../../domain/deployments/columns.ts";
import type { Stamps } from "../../domain/surroundings.ts";
import type { Difference } from "../../domain/work-pools/updates.ts";
import { type Json, stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import { ConstraintViolation, type Database, type Sql } from "../client.ts";
import { insertLimit, insertLimitWhere, newLimit } from "../concurrency-limits/write.ts";
import { deploymentEvents } from "../events/deployments.ts";
import { hasAsRead, writeIf } from "../sql/guarded.ts";
import { lastOf } from "../sql/rows.ts";
import { nothing, sql } from "../sql/tag.ts";
import type { DeploymentRow } from "../tables/deployments.ts";
import { deployment } from "../tables/deployments.ts";
import { addTags, replaceTags } from "../tags.ts";
import { ensureQueue, type QueueAddress } from "../work-queues/create.ts";
import { deleteScheduledRuns } from "./delete-runs.ts";
import { deployments, type StoredDeployment, selectDeployment } from "./rows.ts";
import {
  changeSchedule,
  clearSlugs,
  dueFrom,
  insertSchedules,
  type NewSchedule,
  removeSchedules,
  type ScheduleChange,
  scheduleRows,
} from "./schedules.ts";

/** A decided change of a deployment's schedules. */
export interface ScheduleWrites {
  readonly removeAll: boolean;
  readonly rename: readonly string[];
  readonly change: readonly { readonly id: string; readonly change: ScheduleChange }[];
  readonly create: readonly NewSchedule[];
}

/** The change of a deployment's limit: a number sets its own limit, or the one it refers to. */
export type LimitChange =
  | { readonly kind: "keep" }
  | { readonly kind: "delete"; readonly id: string }
  | { readonly kind: "change"; readonly id: string; readonly limit: number }
  | { readonly kind: "make"; readonly id: string; readonly limit: number };

/** A decided creation or update of a deployment. */
export interface DeploymentWrite {
  readonly id: string;
  /** The row that was read; null for a new deployment. */
  readonly existing: DeploymentRow | null;
  readonly set: Partial<DeploymentColumns>;
  /** The requested queue, "none" to remove it, null to keep the current one. */
  readonly queue: QueueAddress | "none" | null;
  readonly limit: LimitChange;
  readonly schedules: ScheduleWrites;
  readonly difference: Difference | null;
  /** Who creates the deployment, or creates it again; undefined: an update, which does not say. */
  readonly creator?: Json;
}

/** The columns of a new deployment that are not decided. */
export type NewDeployment = Pick<DeploymentRow, "name" | "flow_id"> & DeploymentColumns;

/**
 * Writes a decided deployment and returns it, null if it was deleted meanwhile. Returns "changed meanwhile" without writing if
 * another write came first. Throws ConstraintViolation for unknown flows and for taken slugs or limit names.
 */
export async function commitDeployment(
  db: Database,
  write: DeploymentWrite,
  made: NewDeployment | null,
  stamps: Stamps,
): Promise<StoredDeployment | "changed meanwhile" | null> {
  const now = stamps.now();
  const { statement, first } = selectDeployment(write.id, now);
  const { id, existing } = write;
  const statements = [...statementsOf(write, made, now, stamps), statement];
  try {
    const results = await (existing === null
      ? db.write(statements)
      : writeIf(db, hasAsRead(deployment, { id, updated: existing.updated }), statements));
    return results === null ? "changed meanwhile" : first(lastOf(results));
  } catch (error) {
    // Another request made the deployment meanwhile.
    if (error instanceof ConstraintViolation && error.columns.includes("deployment.name")) return "changed meanwhile";
    throw error;
  }
}

function statementsOf(write: DeploymentWrite, made: NewDeployment | null, now: Micros, stamps: Stamps): Sql[] {
  const { id, existing, set, limit, difference } = write;
  const queue = wantedQueue(write.queue, stamps);
  const theDeployment = sql`select ${id}`;
  const condition = sql`d.id = ${id}`;
  return [
    ...queue.statements,
    ...limitBefore(limit, write, now),
    made === null ? update(write, queue.id, now) : insert(write, made, queue.id, now),
    ...(limit.kind === "delete" ? [sql`delete from concurrency_limit where id = ${limit.id}`] : []),
    ...(existing === null ? [] : [deleteScheduledRuns(theDeployment, { auto_scheduled_only: true, after: now })]),
    ...(made !== null ? addTags("deployment", id, made.tags) : set.tags ? replaceTags("deployment", id, set.tags) : []),
    ...scheduleStatements(id, write.schedules, stamps),
    dueFrom(id, now),
    ...(made === null ? [] : [deploymentEvents("created", stamps, condition)]),
    ...(difference === null ? [] : [deploymentEvents("updated", stamps, condition, payloadOf(difference))]),
  ];
}

function wantedQueue(queue: DeploymentWrite["queue"], stamps: Stamps): { statements: Sql[]; id: Sql | null } {
  if (queue === null) return { statements: [], id: null };
  if (queue === "none") return { statements: [], id: sql`null` };
  const { statements, queue_id } = ensureQueue(queue, stamps);
  return { statements, id: queue_id };
}

function insert({ id, creator = null }: DeploymentWrite, made: NewDeployment, queue_id: Sql | null, now: Micros): Sql {
  const row = {
    ...made,
    id,
    created: now,
    updated: now,
    last_polled: null,
    status: "NOT_READY",
    created_by: creator,
    updated_by: creator,
  };
  const values = deployments.values(row, { work_queue_id: queue_id ?? sql`null` });
  return sql`${deployments.insertInto} values (${values})`;
}

function update({ id, existing, set, creator }: DeploymentWrite, queue_id: Sql | null, now: Micros): Sql {
  const changes = deployments.set({
    ...set,
    ...(creator !== undefined && { updated_by: creator }),
    updated: Math.max(now, (existing?.updated ?? 0) + 1),
  });
  const queue = queue_id === null ? nothing : sql`, work_queue_id = ${queue_id}`;
  return sql`update deployment set ${changes}${queue} where id = ${id}`;
}

/** The name of a deployment's own limit contains its id. */
const ownLimit = (deployment_id: string) => `deployment:${deployment_id}`;

function limitBefore(limit: LimitChange, { id, existing }: DeploymentWrite, now: Micros): Sql[] {
  if (limit.kind === "change") {
    return [sql`update concurrency_limit set "limit" = ${limit.limit}, updated = ${now} where id = ${limit.id}`];
  }
  if (limit.kind !== "make") return [];
  const row = newLimit(limit.id, now, {
    active: true,
    name: ownLimit(id),
    limit: limit.limit,
    active_slots: 0,
    denied_slots: 0,
    slot_decay_per_second: 0,
  });
  return [existing === null ? insertLimit(row) : insertLimitWhere(row, sql`exists (select 1 from deployment where id = ${id})`)];
}

function scheduleStatements(id: string, { removeAll, rename, change, create }: ScheduleWrites, stamps: Stamps): Sql[] {
  return [
    ...(removeAll ? [removeSchedules(id)] : []),
    ...(rename.length > 0 ? [clearSlugs(rename)] : []),
    ...change.map((one) => changeSchedule({ deployment_id: id, id: one.id }, one.change, stamps.now())),
    ...insertSchedules(scheduleRows(id, create, stamps.now)),
  ];
}

// The queue may be created in the same batch: only the row has its name.
function payloadOf(difference: Difference): Sql {
  const payload = stringifyJson(difference);
  return "work_queue_id" in difference.updates
    ? sql`json_set(${payload}, '$.updates.work_queue_id.to', d.work_queue_id)`
    : sql`${payload}`;
}

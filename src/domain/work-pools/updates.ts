import type { Json } from "../../lib/json.ts";
import { equalValues } from "../../lib/json-schema/index.ts";
import type { Micros } from "../../lib/time.ts";
import type { WorkPoolStatus, WorkPoolUpdate } from "../../schemas/work-pools.ts";
import type { WorkQueueUpdate } from "../../schemas/work-queues.ts";
import { agentType, isPolled } from "./statuses.ts";

/** The changed columns in the payload of an `updated` event. */
export interface Difference {
  readonly updated_fields: readonly string[];
  readonly updates: Readonly<Record<string, { readonly from: Json; readonly to: Json }>>;
}

type Members = Readonly<Record<string, Json>>;

/** Returns the fields whose values change, in the order of `fields`; null if none does. */
export function differenceOf(before: Members, after: Members, fields: readonly string[]): Difference | null {
  const changed = fields.filter((field) => after[field] !== undefined && !equalValues(before[field], after[field]));
  if (changed.length === 0) return null;
  return {
    updated_fields: changed,
    updates: Object.fromEntries(changed.map((field) => [field, { from: before[field], to: after[field] }])),
  };
}

/**
 * An update that may be written: the new status, null for none (an equal one emits an event, too), and the payload of its event.
 */
export interface UpdateDecision {
  readonly status: WorkPoolStatus | null;
  readonly difference: Difference | null;
}

const reportedPoolColumns = ["description", "base_job_template", "concurrency_limit", "storage_configuration"];

/**
 * Decides the effect of an update on a pool; null for an update that sets a required column to null. `online`: a worker is
 * ONLINE.
 */
export function decidePoolUpdate(
  pool: Members & { readonly type: string },
  update: WorkPoolUpdate,
  online: boolean,
): UpdateDecision | null {
  if (update.is_paused === null || update.base_job_template === null || update.storage_configuration === null) return null;
  const moved = update.is_paused !== undefined && pool.type !== agentType;
  return {
    status: !moved ? null : update.is_paused ? "PAUSED" : online ? "READY" : "NOT_READY",
    difference: differenceOf(pool, { ...update }, reportedPoolColumns),
  };
}

const reportedQueueColumns = ["name", "description", "concurrency_limit", "priority"];

/** Decides the effect of an update on a queue; null for an update that sets a required column to null. */
export function decideQueueUpdate(
  queue: Members & { readonly status: string; readonly last_polled: Micros | null },
  update: WorkQueueUpdate,
  now: Micros,
): UpdateDecision | null {
  if (update.name === null || update.description === null || update.priority === null) return null;
  return {
    status: queueStatusAfter(queue, update, now),
    difference: differenceOf(queue, { ...update }, reportedQueueColumns),
  };
}

// Pausing a paused queue or resuming one that is not paused leaves the status as it is.
function queueStatusAfter(
  queue: { readonly status: string; readonly last_polled: Micros | null },
  { is_paused, last_polled }: WorkQueueUpdate,
  now: Micros,
): WorkPoolStatus | null {
  if (is_paused === undefined || is_paused === (queue.status === "PAUSED")) return null;
  if (is_paused) return "PAUSED";
  return isPolled(last_polled === undefined ? queue.last_polled : last_polled, now) ? "READY" : "NOT_READY";
}

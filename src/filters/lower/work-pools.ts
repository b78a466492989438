import type { WorkPoolFilter } from "../../schemas/filters/work-pools.ts";
import type { WorkQueueFilter } from "../../schemas/filters/work-queues.ts";
import type { WorkerFilter } from "../../schemas/filters/workers.ts";
import { and, atLeast, atMost, isIn, isNotIn, join, type Predicate, startsWith } from "../predicate.ts";

/** Returns what a work pool must meet. */
export const lowerWorkPools = ({ operator, id, name, type }: WorkPoolFilter): Predicate =>
  join(operator, id && and(isIn("id", id.any_)), name && and(isIn("name", name.any_)), type && and(isIn("type", type.any_)));

/** Returns what a work queue must meet. */
export const lowerWorkQueues = ({ operator, id, name }: WorkQueueFilter): Predicate =>
  join(operator, id && and(isIn("id", id.any_)), name && lowerName(name));

// An empty list of beginnings leaves a name without a condition out, also under `or_`, where an empty `name` is true.
function lowerName({ any_, startswith_ }: NonNullable<WorkQueueFilter["name"]>): Predicate | undefined {
  const isLeftOut = any_ === undefined && startswith_?.length === 0;
  return isLeftOut ? undefined : and(isIn("name", any_), startsWith("name", startswith_));
}

/** Returns what a worker must meet. */
export const lowerWorkers = ({ operator, last_heartbeat_time: seen, status }: WorkerFilter): Predicate =>
  join(
    operator,
    seen && and(atMost("last_heartbeat_time", seen.before_), atLeast("last_heartbeat_time", seen.after_)),
    status && and(isIn("status", status.any_), isNotIn("status", status.not_any_)),
  );

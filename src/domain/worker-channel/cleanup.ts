import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import type { CleanupFrame } from "../../schemas/worker-channel.ts";

/** The lease of a delivered cleanup message: the worker has to acknowledge or renew it within this time. */
export const cleanupLease = fromSecondsDuration(30);
/** After this many deliveries without an acknowledgement the message becomes a dead letter. */
export const maximumDeliveries = 3;
export const deliveriesExhausted = "max_delivery_attempts_reached";

export type CleanupOperation = "ack" | "release" | "renew";

const operations: Record<CleanupFrame["type"], CleanupOperation> = {
  "cleanup.ack.v1": "ack",
  "cleanup.release.v1": "release",
  "cleanup.renew.v1": "renew",
};

export const operationOf = ({ type }: CleanupFrame): CleanupOperation => operations[type];

/** A cleanup message as it is stored. */
interface Message {
  readonly work_pool_id: string;
  readonly delivery_count: number;
  readonly reservation_token: string | null;
  readonly lease_expires: Micros | null;
  readonly dead_reason: string | null;
}

export interface CleanupResult {
  readonly status:
    | "accepted"
    | "not_current"
    | "not_found"
    | "expired"
    | "invalid_token"
    | "unauthorized"
    | "dead_lettered"
    | "error";
  readonly reason: string | null;
  /** The new end of the lease, only for an accepted `renew`. */
  readonly lease_expires: Micros | null;
}

/** The change to the stored message: deleted, deliverable again, lease extended, dead letter; null for none. */
export type CleanupChange = "complete" | "free" | "extend" | "bury" | null;

export interface CleanupVerdict {
  readonly result: CleanupResult;
  readonly change: CleanupChange;
}

const refuse = (status: CleanupResult["status"], reason: string, change: CleanupChange = null): CleanupVerdict => ({
  result: { status, reason, lease_expires: null },
  change,
});

/** The result for a worker whose channel did not negotiate the delivery of cleanups. */
export const notNegotiated: CleanupResult = refuse("unauthorized", "cleanup_delivery_not_accepted").result;
/** The result while the database is unavailable; the worker sends its operation again. */
export const operationFailed: CleanupResult = refuse("error", "cleanup_queue_operation_failed").result;

const accept = (change: CleanupChange, lease_expires: Micros | null = null): CleanupVerdict => ({
  result: { status: "accepted", reason: null, lease_expires },
  change,
});

/**
 * Decides a worker's operation on a delivered message; only the token of the current reservation is accepted
 * (`prefect/server/worker_communication/cleanup_queue/memory.py WorkerCleanupQueue`).
 */
export function judgeCleanup(
  message: Message | null,
  {
    operation,
    work_pool_id,
    reservation_token,
  }: { operation: CleanupOperation; work_pool_id: string; reservation_token: string },
  now: Micros,
): CleanupVerdict {
  if (message === null || message.dead_reason !== null) return refuse("not_found", "message_not_found");
  if (message.work_pool_id !== work_pool_id) return refuse("unauthorized", "work_pool_mismatch");
  if (message.reservation_token === null) return refuse("not_current", "no_active_reservation");
  if (message.reservation_token !== reservation_token) return refuse("invalid_token", "reservation_token_mismatch");
  const isLast = message.delivery_count >= maximumDeliveries;
  if ((message.lease_expires ?? 0) <= now)
    return isLast ? refuse("dead_lettered", deliveriesExhausted, "bury") : refuse("expired", "lease_expired", "free");
  switch (operation) {
    case "ack":
      return accept("complete");
    case "renew":
      return accept("extend", now + cleanupLease);
    case "release":
      return isLast ? refuse("dead_lettered", deliveriesExhausted, "bury") : accept("free");
  }
}

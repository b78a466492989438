import type { Micros } from "../../lib/time.ts";
import type { WorkPoolStatus } from "../../schemas/work-pools.ts";

const second = 1_000_000;

/** How long after its last poll a work queue or a deployment is READY. */
export const pollTimeout: Micros = 60 * second;

/** A worker is ONLINE for this many heartbeat intervals after a heartbeat. */
export const heartbeatMultiple = 3;
/** The heartbeat interval of a worker that reported none. */
export const heartbeatSeconds = 30;

/** Work pools of this type have no status, because their agents send no heartbeats. */
export const agentType = "prefect-agent";

/** Returns until when a worker is ONLINE. */
export const onlineUntil = (worker: {
  readonly last_heartbeat_time: Micros;
  readonly heartbeat_interval_seconds: number | null;
}): Micros => worker.last_heartbeat_time + heartbeatMultiple * (worker.heartbeat_interval_seconds || heartbeatSeconds) * second;

/** Returns the current status of a worker, computed from its last heartbeat instead of the stored status. */
export const workerStatus = (worker: Parameters<typeof onlineUntil>[0], now: Micros): "ONLINE" | "OFFLINE" =>
  onlineUntil(worker) > now ? "ONLINE" : "OFFLINE";

const asStatus = (stored: string): WorkPoolStatus => (stored === "READY" || stored === "PAUSED" ? stored : "NOT_READY");

/**
 * Returns the current status of a pool: READY in the database is NOT_READY once the heartbeats of all workers have expired, also
 * before the Foreman job stores that. `online_until` is the latest of its workers, null without workers.
 */
export function poolStatus(
  pool: { readonly type: string; readonly status: string; readonly online_until: Micros | null },
  now: Micros,
): WorkPoolStatus | null {
  if (pool.type === agentType) return null;
  const silent = pool.online_until !== null && pool.online_until <= now;
  return pool.status === "READY" && silent ? "NOT_READY" : asStatus(pool.status);
}

/** Returns whether a poll is recent enough to count. */
export const isPolled = (last_polled: Micros | null, now: Micros): boolean =>
  last_polled !== null && now - last_polled <= pollTimeout;

/** Returns the current status of a queue: READY in the database is NOT_READY once its last poll is too old. */
export const queueStatus = (
  queue: { readonly status: string; readonly last_polled: Micros | null },
  now: Micros,
): WorkPoolStatus =>
  queue.status === "READY" && queue.last_polled !== null && !isPolled(queue.last_polled, now)
    ? "NOT_READY"
    : asStatus(queue.status);

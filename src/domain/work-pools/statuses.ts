import type { Micros } from "../../lib/time.ts";
import type { WorkPoolStatus } from "../../schemas/work-pools.ts";

const second = 1_000_000;

/** How long a queue or a deployment counts as polled. */
export const pollTimeout: Micros = 60 * second;

/** A worker counts as online for this many of its intervals after a heartbeat. */
export const heartbeatMultiple = 3;
/** The interval of a worker that told none. */
export const heartbeatSeconds = 30;

/** Pools of this type show no status: their agents send no heartbeats. */
export const agentType = "prefect-agent";

/** Returns until when a worker counts as online. */
export const onlineUntil = (worker: {
  readonly last_heartbeat_time: Micros;
  readonly heartbeat_interval_seconds: number | null;
}): Micros => worker.last_heartbeat_time + heartbeatMultiple * (worker.heartbeat_interval_seconds || heartbeatSeconds) * second;

/** Returns the status of a worker now, whatever is stored. */
export const workerStatus = (worker: Parameters<typeof onlineUntil>[0], now: Micros): "ONLINE" | "OFFLINE" =>
  onlineUntil(worker) > now ? "ONLINE" : "OFFLINE";

const asStatus = (stored: string): WorkPoolStatus => (stored === "READY" || stored === "PAUSED" ? stored : "NOT_READY");

/**
 * Returns the status of a pool now: one that is stored READY is not when all of its workers have fallen silent, even if
 * the job that writes this down has not come by. `online_until` is that of its last worker, null without workers.
 */
export function poolStatus(
  pool: { readonly type: string; readonly status: string; readonly online_until: Micros | null },
  now: Micros,
): WorkPoolStatus | null {
  if (pool.type === agentType) return null;
  const silent = pool.online_until !== null && pool.online_until <= now;
  return pool.status === "READY" && silent ? "NOT_READY" : asStatus(pool.status);
}

/** Tells whether a poll is recent enough to count. */
export const isPolled = (last_polled: Micros | null, now: Micros): boolean =>
  last_polled !== null && now - last_polled <= pollTimeout;

/** Returns the status of a queue now: one that is stored READY is not when its last poll is too long ago. */
export const queueStatus = (
  queue: { readonly status: string; readonly last_polled: Micros | null },
  now: Micros,
): WorkPoolStatus =>
  queue.status === "READY" && queue.last_polled !== null && !isPolled(queue.last_polled, now)
    ? "NOT_READY"
    : asStatus(queue.status);

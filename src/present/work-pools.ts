import { isAtLeast, parseClientVersion } from "../domain/client-version.ts";
import { poolStatus, workerStatus } from "../domain/work-pools/statuses.ts";
import { isJsonObject, type Json, type JsonObject, textOrNull } from "../lib/json.ts";
import { formatTime, type Micros } from "../lib/time.ts";
import type { ScheduledFlowRun, StorageConfiguration, WorkPool } from "../schemas/work-pools.ts";
import type { Worker } from "../schemas/workers.ts";
import type { RunWithState } from "../store/flow-runs/rows.ts";
import type { WorkerRow } from "../store/tables/work-pools.ts";
import type { StoredWorkPool } from "../store/work-pools/rows.ts";
import { presentFlowRun } from "./flow-runs.ts";

const objectOrNull = (value: Json): JsonObject | null => (isJsonObject(value) ? value : null);
/** The newest client that rejects a pool with `default_result_storage_block_id`. */
const newestWithoutResultStorage = "3.3.7";

/** Returns whether the client of a request accepts a pool's `default_result_storage_block_id`. */
export function knowsResultStorage(request: Request): boolean {
  const version = parseClientVersion(request.headers.get("user-agent"));
  return version === null || !isAtLeast(newestWithoutResultStorage, version);
}

function presentStorage(stored: Json, complete: boolean): Partial<StorageConfiguration> {
  const from = isJsonObject(stored) ? stored : {};
  return {
    bundle_upload_step: objectOrNull(from.bundle_upload_step),
    bundle_execution_step: objectOrNull(from.bundle_execution_step),
    ...(complete && { default_result_storage_block_id: textOrNull(from.default_result_storage_block_id) }),
  };
}

/** Returns a work pool as in responses, with its current status. */
export function presentWorkPool(
  { row, active_slots, online_until }: StoredWorkPool,
  { now, complete }: { now: Micros; complete: boolean },
): WorkPool {
  return {
    id: row.id,
    created: formatTime(row.created),
    updated: formatTime(row.updated),
    name: row.name,
    description: row.description,
    type: row.type,
    base_job_template: row.base_job_template,
    is_paused: row.is_paused,
    concurrency_limit: row.concurrency_limit,
    status: poolStatus({ type: row.type, status: row.status, online_until }, now),
    default_queue_id: row.default_queue_id,
    storage_configuration: presentStorage(row.storage_configuration, complete),
    active_slots,
  };
}

/** Returns a worker as in responses, with its current status. */
export const presentWorker = (row: WorkerRow, now: Micros): Worker => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
  last_heartbeat_time: formatTime(row.last_heartbeat_time),
  status: workerStatus(row, now),
});

/** Returns a run as in the response to a worker's poll: with the queue's name from its deployment. */
export function presentScheduledRun({ run, state }: RunWithState, work_pool_id: string, now: Micros): ScheduledFlowRun {
  const {
    work_pool_id: _,
    work_pool_name: __,
    ...presented
  } = presentFlowRun({ run, state, work_queue: null, work_pool: null }, now);
  return {
    work_pool_id,
    work_queue_id: run.work_queue_id,
    flow_run: { ...presented, work_queue_id: run.work_queue_id, work_queue_name: run.work_queue_name },
  };
}

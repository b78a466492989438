import { isStateType } from "../domain/states.ts";
import { queueStatus } from "../domain/work-pools/statuses.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
import { formatOptionalTime, formatTime, type Micros, toSeconds } from "../lib/time.ts";
import type { FlowRunSlotSummary, QueueFilter, WorkQueue } from "../schemas/work-queues.ts";
import type { StoredWorkQueue } from "../store/work-queues/rows.ts";
import type { SlotHolder } from "../store/work-queues/runs.ts";

const textsOrNull = (value: Json): string[] | null => (Array.isArray(value) ? value.map(String) : null);

/** Returns the filter of a queue as in responses. */
export const presentFilter = (stored: Json): QueueFilter | null =>
  isJsonObject(stored) ? { tags: textsOrNull(stored.tags), deployment_ids: textsOrNull(stored.deployment_ids) } : null;

/** Returns a work queue as in responses, with its current status. */
export const presentWorkQueue = ({ row, work_pool_name, active_slots }: StoredWorkQueue, now: Micros): WorkQueue => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
  filter: presentFilter(row.filter),
  last_polled: formatOptionalTime(row.last_polled),
  work_pool_name,
  status: queueStatus(row, now),
  active_slots,
});

/** Returns a run that holds a slot as in responses. */
export const presentSlotHolder = (run: SlotHolder, now: Micros): FlowRunSlotSummary => ({
  id: run.id,
  name: run.name,
  state_type: run.state_type !== null && isStateType(run.state_type) ? run.state_type : null,
  state_name: run.state_name,
  start_time: formatOptionalTime(run.start_time),
  state_timestamp: formatOptionalTime(run.state_timestamp),
  time_in_current_state: run.state_timestamp === null ? null : toSeconds(now - run.state_timestamp),
});

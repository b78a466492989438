import { isPolled } from "../domain/work-pools/statuses.ts";
import { isJsonObject, type Json, type JsonObject, objectOf } from "../lib/json.ts";
import { formatOptionalTime, formatTime, type Micros } from "../lib/time.ts";
import type { BareWorkQueue, Deployment, DeploymentSchedule } from "../schemas/deployments.ts";
import { type StoredDeployment, scheduleOf } from "../store/deployments/rows.ts";
import type { DeploymentScheduleRow } from "../store/tables/deployments.ts";
import type { WorkQueueRow } from "../store/tables/work-pools.ts";
import { presentGlobalLimit } from "./concurrency-limits.ts";
import { presentCreator } from "./creators.ts";
import { presentFilter } from "./work-queues.ts";

const objectOrNull = (stored: Json): JsonObject | null => (isJsonObject(stored) ? stored : null);

/** Returns a deployment as in responses, with its current status. */
export function presentDeployment(stored: StoredDeployment, now: Micros): Deployment {
  const { row, work_queue, schedules, concurrency_limit } = stored;
  return {
    id: row.id,
    created: formatTime(row.created),
    updated: formatTime(row.updated),
    name: row.name,
    version: row.version,
    description: row.description,
    flow_id: row.flow_id,
    paused: row.paused,
    schedules: schedules.map(presentDeploymentSchedule),
    concurrency_limit: null,
    global_concurrency_limit: concurrency_limit === null ? null : presentGlobalLimit(concurrency_limit),
    concurrency_options: presentOptions(row.concurrency_options),
    job_variables: objectOf(row.job_variables),
    parameters: objectOf(row.parameters),
    tags: row.tags,
    labels: objectOf(row.labels),
    work_queue_name: work_queue?.name ?? row.work_queue_name,
    work_queue_id: work_queue?.id ?? null,
    last_polled: formatOptionalTime(row.last_polled),
    parameter_openapi_schema: objectOrNull(row.parameter_openapi_schema),
    path: row.path,
    pull_steps: Array.isArray(row.pull_steps) ? row.pull_steps : null,
    entrypoint: row.entrypoint,
    storage_document_id: row.storage_document_id,
    infrastructure_document_id: row.infrastructure_document_id,
    created_by: presentCreator(row.created_by),
    updated_by: presentCreator(row.updated_by),
    work_pool_name: stored.work_pool_name,
    status: statusOf(stored, now),
    enforce_parameter_schema: row.enforce_parameter_schema,
  };
}

// A stored READY counts only while the deployment or its queue is polled: the Foreman job may not have stored the end yet.
function statusOf({ row, work_queue }: StoredDeployment, now: Micros): "READY" | "NOT_READY" {
  const polled = isPolled(row.last_polled, now) || isPolled(work_queue?.last_polled ?? null, now);
  return row.status === "READY" && polled ? "READY" : "NOT_READY";
}

function presentOptions(stored: Json): Deployment["concurrency_options"] {
  if (!isJsonObject(stored)) return null;
  const { collision_strategy, grace_period_seconds } = stored;
  return {
    collision_strategy: collision_strategy === "CANCEL_NEW" ? "CANCEL_NEW" : "ENQUEUE",
    grace_period_seconds: typeof grace_period_seconds === "number" ? grace_period_seconds : null,
  };
}

/** Returns a schedule of a deployment as in responses. */
export const presentDeploymentSchedule = (row: DeploymentScheduleRow): DeploymentSchedule => ({
  id: row.id,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
  deployment_id: row.deployment_id,
  schedule: scheduleOf(row),
  active: row.active,
  max_scheduled_runs: row.max_scheduled_runs,
  parameters: objectOf(row.parameters),
  slug: row.slug,
});

/** Returns a queue without its pool's members. */
export const presentBareWorkQueue = ({ status: _, ...row }: WorkQueueRow): BareWorkQueue => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
  filter: presentFilter(row.filter),
  last_polled: formatOptionalTime(row.last_polled),
});

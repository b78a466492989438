import { expect } from "vitest";

type Answer = readonly [status: number, body: unknown];

const nobody = "00000000-0000-4000-8000-00000000dead";
const detail = (text: string): Answer => [404, { detail: text }];
const message = (text: string): Answer => [404, { exception_message: text }];

const flow = detail("Flow not found");
const flowRun = detail("Flow run not found");
const flowRunDeeper = message(`Flow run with id ${nobody} not found`);
const input = detail("Flow run input not found");
const task = detail("Task not found");
const state = detail("Flow run state not found");
const deployment = detail("Deployment not found");
const deploymentWithStop = detail("Deployment not found.");
const limit = detail("Concurrency limit not found");
const limitV2 = detail("Concurrency Limit not found");
const pool = detail('Work pool "nope" not found.');
const poolQueue = detail("Work pool queue 'nope/nope' not found.");
const queue = detail("work queue not found");
const blockType = detail("Block type not found");
const blockSchema = detail("Block schema not found");
const blockDocument = detail("Block document not found");
const artifact = detail("Artifact not found.");
const variable = detail("Variable not found.");
const search = detail("Saved search not found");
const automation = message("Automation not found");
const policy = detail("flow run notification policy not found");

/** The response of each operation with a path parameter for an unknown object: the details in the handlers of `prefect/server/api/`. */
export const absent: Readonly<Record<string, Answer>> = {
  // Nothing is related to a resource that nobody knows, and nothing owned.
  "GET /automations/related-to/{resource_id}": [200, []],
  "DELETE /automations/owned-by/{resource_id}": [202, null],
  "DELETE /admin/keys/{id}": detail("API key not found."),
  "GET /automations/{id}": automation,
  "PUT /automations/{id}": automation,
  "PATCH /automations/{id}": automation,
  "DELETE /automations/{id}": automation,
  "GET /block_types/{id}": blockType,
  "GET /block_types/slug/{slug}": blockType,
  "GET /block_types/slug/{slug}/block_documents": blockType,
  "GET /block_types/slug/{slug}/block_documents/name/{block_document_name}": blockDocument,
  "PATCH /block_types/{id}": blockType,
  "DELETE /block_types/{id}": blockType,
  "GET /block_schemas/{id}": blockSchema,
  "GET /block_schemas/checksum/{checksum}": blockSchema,
  "DELETE /block_schemas/{id}": blockSchema,
  "GET /block_documents/{id}": blockDocument,
  "PATCH /block_documents/{id}": blockDocument,
  "DELETE /block_documents/{id}": blockDocument,
  "GET /artifacts/{id}": artifact,
  "GET /artifacts/{key}/latest": artifact,
  "PATCH /artifacts/{id}": artifact,
  "DELETE /artifacts/{id}": artifact,
  "GET /variables/{id}": variable,
  "PATCH /variables/{id}": variable,
  "DELETE /variables/{id}": variable,
  "GET /variables/name/{name}": variable,
  "PATCH /variables/name/{name}": variable,
  "DELETE /variables/name/{name}": variable,
  "GET /ui/task_runs/{id}": task,
  "GET /saved_searches/{id}": search,
  "DELETE /saved_searches/{id}": search,
  "GET /flow_run_notification_policies/{id}": policy,
  "PATCH /flow_run_notification_policies/{id}": policy,
  "DELETE /flow_run_notification_policies/{id}": policy,
  "GET /flows/{id}": flow,
  "GET /flows/name/{name}": flow,
  "PATCH /flows/{id}": flow,
  "DELETE /flows/{id}": flow,
  "GET /flow_runs/{id}": flowRun,
  "PATCH /flow_runs/{id}": flowRun,
  "PATCH /flow_runs/{id}/labels": flowRunDeeper,
  "DELETE /flow_runs/{id}": flowRun,
  "POST /flow_runs/{id}/set_state": flowRunDeeper,
  // A 500 in the reference.
  "POST /flow_runs/{id}/resume": flowRunDeeper,
  "POST /flow_runs/{id}/input": flowRun,
  // Inputs of a run that is not there are none.
  "POST /flow_runs/{id}/input/filter": [200, []],
  "GET /flow_runs/{id}/why_late": flowRun,
  "GET /flow_runs/{id}/input/{key}": input,
  "DELETE /flow_runs/{id}/input/{key}": input,
  "GET /flow_runs/{id}/graph": flowRunDeeper,
  "GET /flow_runs/{id}/graph-v2": message(`Flow run ${nobody} not found`),
  "GET /flow_runs/{id}/logs/download": flowRun,
  "GET /task_runs/{id}": task,
  "PATCH /task_runs/{id}": detail("Task run not found"),
  "DELETE /task_runs/{id}": task,
  "POST /task_runs/{id}/set_state": message(`Task run with id ${nobody} not found`),
  "GET /flow_run_states/{id}": state,
  "GET /task_run_states/{id}": state,
  "GET /deployments/{id}": deployment,
  "GET /deployments/name/{flow_name}/{deployment_name}": deployment,
  "PATCH /deployments/{id}": deploymentWithStop,
  "DELETE /deployments/{id}": deployment,
  "POST /deployments/{id}/pause_deployment": deployment,
  "POST /deployments/{id}/resume_deployment": deployment,
  "GET /deployments/{id}/work_queue_check": deployment,
  "GET /deployments/{id}/schedules": deploymentWithStop,
  "POST /deployments/{id}/schedules": deploymentWithStop,
  "PATCH /deployments/{id}/schedules/{schedule_id}": deploymentWithStop,
  "DELETE /deployments/{id}/schedules/{schedule_id}": deploymentWithStop,
  "POST /deployments/{id}/schedule": [200, null],
  "POST /deployments/{id}/create_flow_run": deployment,
  "POST /deployments/{id}/create_flow_run/bulk": deployment,
  // A countable is a word of a list, not an object.
  "POST /events/count-by/{countable}": [200, expect.any(Array)],
  "GET /concurrency_limits/{id}": limit,
  "GET /concurrency_limits/tag/{tag}": limit,
  "DELETE /concurrency_limits/{id}": limit,
  "DELETE /concurrency_limits/tag/{tag}": limit,
  "POST /concurrency_limits/tag/{tag}/reset": limit,
  "GET /v2/concurrency_limits/{id_or_name}": limitV2,
  "POST /v2/concurrency_limits/{id_or_name}/holders/filter": limitV2,
  "PATCH /v2/concurrency_limits/{id_or_name}": limitV2,
  "DELETE /v2/concurrency_limits/{id_or_name}": limitV2,
  "POST /v2/concurrency_limits/leases/{lease_id}/renew": [
    410,
    { detail: "Lease not found - it may have expired or been revoked" },
  ],
  "GET /work_pools/{name}": pool,
  "PATCH /work_pools/{name}": pool,
  "DELETE /work_pools/{name}": pool,
  "POST /work_pools/{name}/concurrency_status": detail("Work pool 'nope' not found."),
  "POST /work_pools/{name}/get_scheduled_flow_runs": pool,
  "POST /work_pools/{work_pool_name}/queues": pool,
  "GET /work_pools/{work_pool_name}/queues/{name}": poolQueue,
  "PATCH /work_pools/{work_pool_name}/queues/{name}": poolQueue,
  "DELETE /work_pools/{work_pool_name}/queues/{name}": pool,
  "POST /work_pools/{work_pool_name}/queues/filter": pool,
  "POST /work_pools/{work_pool_name}/workers/heartbeat": pool,
  "POST /work_pools/{work_pool_name}/workers/filter": pool,
  "DELETE /work_pools/{work_pool_name}/workers/{name}": pool,
  "PATCH /work_queues/{id}": detail(`Work Queue ${nobody} not found`),
  "GET /work_queues/name/{name}": queue,
  "GET /work_queues/{id}": queue,
  "POST /work_queues/{id}/get_runs": message(`Work queue with id ${nobody} not found.`),
  "DELETE /work_queues/{id}": queue,
  "POST /work_queues/{id}/concurrency_status": detail("Work queue not found."),
  "GET /work_queues/{id}/status": message(`Work queue with id ${nobody} not found`),
  "GET /collections/views/{view}": detail("View nope not found in registry"),
};

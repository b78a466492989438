import { idOf, startOf } from "./large-world.ts";

/** The filters of one request by entity; the keys are those of the API's bodies. */
export type Body = Record<string, unknown>;
export type Entity = "flows" | "flow_runs" | "task_runs" | "deployments" | "work_pools" | "work_pool_queues";

const any = (...any_: (string | number)[]) => ({ any_ });
const instant = (run: number) => new Date(startOf(run) / 1000).toISOString();

const window = (runs: number) => ({ after_: instant(runs * 0.4), before_: instant(runs * 0.4 + Math.min(runs / 50, 3600)) });

const flowMembers = (): Record<string, Body> => ({
  "id.any_": { id: any(idOf("flow", 5), idOf("flow", 6)) },
  "id.not_any_": { id: { not_any_: [idOf("flow", 5)] } },
  "name.any_": { name: any("flow-5") },
  "name.any_ unknown": { name: any("unknown") },
  "name.like_": { name: { like_: "flow-7" } },
  "name.like_ all": { name: { like_: "flow" } },
  "tags.all_": { tags: { all_: ["x"] } },
  "tags.is_null_": { tags: { is_null_: true } },
  "deployment.is_null_": { deployment: { is_null_: true } },
});

const flowRunMembers = (runs: number): Record<string, Body> => ({
  "id.any_": { id: any(idOf("run", 5), idOf("run", 6)) },
  "id.not_any_": { id: { not_any_: [idOf("run", 5)] } },
  "name.any_": { name: any("run-7919") },
  "name.like_": { name: { like_: "run-777" } },
  "name.like_ unknown": { name: { like_: "unknown" } },
  "tags.any_ common": { tags: any("common") },
  "tags.any_ team": { tags: any("team-4") },
  "tags.any_ two": { tags: any("common", "team-3") },
  "tags.any_ old": { tags: any("old") },
  "tags.any_ past": { tags: any("past") },
  "tags.any_ rare": { tags: any("rare") },
  "tags.any_ unknown": { tags: any("unknown") },
  "tags.all_": { tags: { all_: ["common", "rare"] } },
  "tags.all_ common": { tags: { all_: ["common", "team-4"] } },
  "tags.any_ common, state FAILED": { tags: any("common"), state: { type: any("FAILED") } },
  "tags.any_ common, state RUNNING": { tags: any("common"), state: { type: any("RUNNING") } },
  "tags.any_ common, state COMPLETED": { tags: any("common"), state: { type: any("COMPLETED") } },
  "tags.any_ rare, state COMPLETED": { tags: any("rare"), state: { type: any("COMPLETED") } },
  "tags.is_null_": { tags: { is_null_: true } },
  "tags.is_null_ false": { tags: { is_null_: false } },
  "deployment_id.any_": { deployment_id: any(idOf("deployment", 5)) },
  "deployment_id.is_null_": { deployment_id: { is_null_: true } },
  "work_queue_name.any_": { work_queue_name: any("queue-3") },
  "work_queue_name.is_null_": { work_queue_name: { is_null_: true } },
  "state.type.any_ common": { state: { type: any("COMPLETED") } },
  "state.type.any_ FAILED": { state: { type: any("FAILED") } },
  "state.type.any_ RUNNING": { state: { type: any("RUNNING") } },
  "state.type.any_ oldest": { state: { type: any("CRASHED") } },
  "state.type.any_ four": { state: { type: any("COMPLETED", "FAILED", "CRASHED", "CANCELLED") } },
  "state.type.not_any_": { state: { type: { not_any_: ["SCHEDULED"] } } },
  "state.name.any_": { state: { name: any("Late") } },
  "state.name.any_ common": { state: { name: any("Completed") } },
  "state.name.not_any_": { state: { name: { not_any_: ["Scheduled"] } } },
  "flow_version.any_": { flow_version: any("v7") },
  "start_time.after_": { start_time: { after_: instant(runs * 0.9) } },
  "start_time.before_": { start_time: { before_: instant(runs * 0.9) } },
  "start_time window": { start_time: window(runs) },
  "start_time.is_null_": { start_time: { is_null_: true } },
  "start_time.is_null_ false": { start_time: { is_null_: false } },
  "end_time window": { end_time: window(runs) },
  "end_time.before_": { end_time: { before_: instant(runs * 0.9) } },
  "end_time.is_null_": { end_time: { is_null_: true } },
  "expected_start_time window": { expected_start_time: window(runs) },
  "expected_start_time.before_": { expected_start_time: { before_: instant(runs * 0.9) } },
  "next_scheduled_start_time window": { next_scheduled_start_time: window(runs) },
  "parent_flow_run_id.any_": { parent_flow_run_id: any(idOf("run", 4), idOf("run", 6)) },
  "parent_task_run_id.any_": { parent_task_run_id: any(idOf("taskRun", 3)) },
  "parent_task_run_id.is_null_": { parent_task_run_id: { is_null_: true } },
  "idempotency_key.any_": { idempotency_key: any("key-3") },
  "idempotency_key.not_any_": { idempotency_key: { not_any_: ["key-3"] } },
  "created_by.id_": { created_by: { id_: [idOf("flow", 9)] } },
  "created_by.type_": { created_by: { type_: ["AUTOMATION"] } },
  "created_by.is_null_": { created_by: { is_null_: true } },
  or_: { operator: "or_", name: any("run-7919"), tags: any("rare"), state: { type: any("RUNNING") } },
});

const taskRunMembers = (runs: number): Record<string, Body> => ({
  "id.any_": { id: any(idOf("taskRun", 4), idOf("taskRun", 6)) },
  "name.any_": { name: any("task-7") },
  "name.like_": { name: { like_: "task-4" } },
  "name.like_ unknown": { name: { like_: "unknown" } },
  "tags.all_ half": { tags: { all_: ["half"] } },
  "tags.all_ rare": { tags: { all_: ["rare"] } },
  "tags.is_null_": { tags: { is_null_: true } },
  "state.type.any_ common": { state: { type: any("COMPLETED") } },
  "state.type.any_ RUNNING": { state: { type: any("RUNNING") } },
  "state.type.any_ FAILED": { state: { type: any("FAILED") } },
  "state.type.any_ two": { state: { type: any("COMPLETED", "FAILED") } },
  "state.type.any_ none": { state: { type: any("CRASHED") } },
  "state.name.any_": { state: { name: any("Failed") } },
  "state.name.any_ common": { state: { name: any("Completed") } },
  "start_time window": { start_time: window(runs) },
  "start_time.after_": { start_time: { after_: instant(runs * 0.9) } },
  "start_time.is_null_": { start_time: { is_null_: true } },
  "end_time window": { end_time: window(runs) },
  "end_time.is_null_": { end_time: { is_null_: true } },
  "expected_start_time window": { expected_start_time: window(runs) },
  "subflow_runs.exists_": { subflow_runs: { exists_: true } },
  "subflow_runs.exists_ false": { subflow_runs: { exists_: false } },
  "flow_run_id.any_": { flow_run_id: any(idOf("run", 4)) },
  "flow_run_id.is_null_": { flow_run_id: { is_null_: true } },
  nothing: {},
});

const deploymentMembers = (): Record<string, Body> => ({
  "id.any_": { id: any(idOf("deployment", 5)) },
  "id.not_any_": { id: { not_any_: [idOf("deployment", 5)] } },
  "name.any_": { name: any("deployment-5") },
  "name.like_": { name: { like_: "ment-7" } },
  "flow_or_deployment_name.like_": { flow_or_deployment_name: { like_: "flow-9" } },
  "paused.eq_": { paused: { eq_: true } },
  "paused.eq_ false": { paused: { eq_: false } },
  "tags.all_": { tags: { all_: ["x", "prod"] } },
  "tags.any_": { tags: any("prod") },
  "tags.is_null_": { tags: { is_null_: true } },
  "work_queue_name.any_": { work_queue_name: any("queue-3") },
});

const poolMembers = (): Record<string, Body> => ({
  "id.any_": { id: any(idOf("pool", 1)) },
  "name.any_": { name: any("pool-2") },
  "type.any_": { type: any("docker") },
});

const queueMembers = (): Record<string, Body> => ({
  "id.any_": { id: any(idOf("queue", 1)) },
  "name.any_": { name: any("queue-2", "queue-3") },
  "name.startswith_": { name: { startswith_: ["queue-1"] } },
});

/** Returns every member of every filter by entity, with values that match few and values that match many in a world of so many runs. */
export const membersOf = (runs: number): Record<Entity, Record<string, Body>> => ({
  flows: flowMembers(),
  flow_runs: flowRunMembers(runs),
  task_runs: taskRunMembers(runs),
  deployments: deploymentMembers(),
  work_pools: poolMembers(),
  work_pool_queues: queueMembers(),
});

import { readFlowRunPolicy } from "../domain/orchestration/empirical-policy.ts";
import { estimatedRunTime, estimatedStartTimeDelta } from "../domain/run-times.ts";
import { isStateType } from "../domain/states.ts";
import { formatOptionalTime, formatTime, type Micros, toSeconds } from "../lib/time.ts";
import type { FlowRun } from "../schemas/flow-runs.ts";
import type { StoredFlowRun } from "../store/flow-runs/rows.ts";
import type { FlowRunInputRow } from "../store/tables/flow-runs.ts";
import { presentCreator } from "./creators.ts";
import { presentState } from "./states.ts";

/** Returns a flow run as in responses, with estimated times until now. */
export function presentFlowRun({ run, state, work_queue, work_pool }: StoredFlowRun, now: Micros): FlowRun {
  const policy = readFlowRunPolicy(run.empirical_policy);
  return {
    id: run.id,
    created: formatTime(run.created),
    updated: formatTime(run.updated),
    name: run.name,
    flow_id: run.flow_id,
    state_id: run.state_id,
    deployment_id: run.deployment_id,
    deployment_version: run.deployment_version,
    work_queue_id: work_queue?.id ?? null,
    work_queue_name: work_queue?.name ?? run.work_queue_name,
    flow_version: run.flow_version,
    parameters: run.parameters,
    idempotency_key: run.idempotency_key,
    context: run.context,
    empirical_policy: { ...policy, pause_keys: policy.pause_keys === null ? null : [...policy.pause_keys] },
    tags: run.tags,
    labels: run.labels,
    parent_task_run_id: run.parent_task_run_id,
    state_type: run.state_type !== null && isStateType(run.state_type) ? run.state_type : null,
    state_name: run.state_name,
    run_count: run.run_count,
    expected_start_time: formatOptionalTime(run.expected_start_time),
    next_scheduled_start_time: formatOptionalTime(run.next_scheduled_start_time),
    start_time: formatOptionalTime(run.start_time),
    end_time: formatOptionalTime(run.end_time),
    total_run_time: toSeconds(run.total_run_time),
    estimated_run_time: toSeconds(estimatedRunTime(run, now)),
    estimated_start_time_delta: toSeconds(estimatedStartTimeDelta(run, now)),
    auto_scheduled: run.auto_scheduled,
    infrastructure_document_id: run.infrastructure_document_id,
    infrastructure_pid: run.infrastructure_pid,
    created_by: presentCreator(run.created_by),
    work_pool_id: work_pool?.id ?? null,
    work_pool_name: work_pool?.name ?? null,
    state: state === null ? null : presentState(state),
    job_variables: run.job_variables,
  };
}

/** Returns a flow run's input as in responses. */
export const presentFlowRunInput = (row: FlowRunInputRow) => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
});

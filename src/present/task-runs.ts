import type * as z from "zod";
import { readTaskRunPolicy } from "../domain/orchestration/empirical-policy.ts";
import { estimatedRunTime, estimatedStartTimeDelta } from "../domain/run-times.ts";
import { isStateType } from "../domain/states.ts";
import { formatOptionalTime, formatTime, type Micros, toSeconds } from "../lib/time.ts";
import type { TaskRun, TaskRunResponse, taskRunPolicy } from "../schemas/task-runs.ts";
import type { StoredTaskRun } from "../store/task-runs/rows.ts";
import { presentState } from "./states.ts";

/** Returns a task run as in pages, with estimated times until now. */
export function presentTaskRunResponse({ run, state }: StoredTaskRun, now: Micros): TaskRunResponse {
  return {
    id: run.id,
    created: formatTime(run.created),
    updated: formatTime(run.updated),
    name: run.name,
    flow_run_id: run.flow_run_id,
    task_key: run.task_key,
    state_id: run.state_id,
    state: state === null ? null : presentState(state),
    task_version: run.task_version,
    task_inputs: storedInputs(run.task_inputs),
    empirical_policy: presentPolicy(run.empirical_policy),
    tags: run.tags,
    start_time: formatOptionalTime(run.start_time),
    end_time: formatOptionalTime(run.end_time),
    total_run_time: toSeconds(run.total_run_time),
    estimated_run_time: toSeconds(estimatedRunTime(run, now)),
    estimated_start_time_delta: toSeconds(estimatedStartTimeDelta(run, now)),
  };
}

/** Returns a task run as in responses. */
export function presentTaskRun(stored: StoredTaskRun, now: Micros): TaskRun {
  const { run } = stored;
  return {
    ...presentTaskRunResponse(stored, now),
    dynamic_key: run.dynamic_key,
    cache_key: run.cache_key,
    cache_expiration: formatOptionalTime(run.cache_expiration),
    labels: run.labels,
    state_type: run.state_type !== null && isStateType(run.state_type) ? run.state_type : null,
    state_name: run.state_name,
    run_count: run.run_count,
    flow_run_run_count: run.flow_run_run_count,
    expected_start_time: formatOptionalTime(run.expected_start_time),
    next_scheduled_start_time: formatOptionalTime(run.next_scheduled_start_time),
  };
}

function presentPolicy(stored: unknown): z.input<typeof taskRunPolicy> {
  const policy = readTaskRunPolicy(stored);
  const { retry_delay } = policy;
  return { ...policy, retry_delay: typeof retry_delay === "number" || retry_delay === null ? retry_delay : [...retry_delay] };
}

// The column is written from taskRunCreate or a client's event, in wire format.
const storedInputs = (stored: unknown): TaskRun["task_inputs"] => stored as TaskRun["task_inputs"];

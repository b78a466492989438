import { isFinal, type State, withDetails } from "../states.ts";
import { supportsPauses } from "./pauses.ts";
import type { FlowRunContext, FlowRunDraft, RunColumns, TaskRunContext, TaskRunDraft } from "./types.ts";

/** The run's columns and the state after the global policy. */
export interface Transformed<Draft> {
  readonly run: Draft;
  readonly state: State;
}

interface TransformInput<Draft> {
  readonly run: Draft;
  readonly initial: State | null;
  readonly state: State;
}

/** Applies a new state to the columns of a flow run (`prefect/server/orchestration/global_policy.py GlobalFlowPolicy`). */
export function applyGlobalFlowPolicy(entry: TransformInput<FlowRunDraft>, context: FlowRunContext): Transformed<FlowRunDraft> {
  const { run, initial } = entry;
  const dated = withUniqueTimestamp(entry.state, initial, (timestamp, last) => timestamp <= last);
  const task_run_id = run.parent_task_run_id ?? dated.state_details.task_run_id;
  const state = withDetails(dated, { flow_run_id: run.id, task_run_id });
  const isResuming = supportsPauses(context) && run.empirical_policy.resuming === true;
  const isCounted = state.type === "RUNNING" && !isResuming;
  const endsResumption = isResuming && (state.type === "RUNNING" || isFinal(state));
  return {
    state,
    run: {
      ...run,
      ...transformTimes({ run, initial, state }),
      run_count: run.run_count + (isCounted ? 1 : 0),
      ...(endsResumption && { empirical_policy: { ...run.empirical_policy, resuming: false } }),
    },
  };
}

/** Applies a new state to the columns of a task run (`prefect/server/orchestration/global_policy.py GlobalTaskPolicy`). */
export function applyGlobalTaskPolicy(entry: TransformInput<TaskRunDraft>, _context: TaskRunContext): Transformed<TaskRunDraft> {
  const { run, initial } = entry;
  // A client's report carries the client's clock and may be older than the previous state: only an equal timestamp is changed.
  const dated = withUniqueTimestamp(entry.state, initial, (timestamp, last) => timestamp === last);
  const state = withDetails(dated, { flow_run_id: run.flow_run_id, task_run_id: run.id });
  return {
    state,
    run: {
      ...run,
      ...transformTimes({ run, initial, state }),
      run_count: run.run_count + (state.type === "RUNNING" ? 1 : 0),
    },
  };
}

// No two states of a run have the same timestamp.
function withUniqueTimestamp(state: State, initial: State | null, collides: (timestamp: number, last: number) => boolean): State {
  return initial !== null && collides(state.timestamp, initial.timestamp)
    ? { ...state, timestamp: initial.timestamp + 1 }
    : state;
}

function transformTimes({ run, initial, state }: TransformInput<RunColumns>): Omit<RunColumns, "id" | "run_count"> {
  const { timestamp } = state;
  const { scheduled_time } = state.state_details;
  const leavesFinal = initial !== null && isFinal(initial) && !isFinal(state);
  const ends = isFinal(state) && run.end_time === null;
  const starts = state.type === "RUNNING" || ends;
  const next = initial?.type === "SCHEDULED" ? null : run.next_scheduled_start_time;
  return {
    expected_start_time: run.expected_start_time ?? (state.type === "SCHEDULED" ? scheduled_time : timestamp),
    next_scheduled_start_time: state.type === "SCHEDULED" ? scheduled_time : next,
    start_time: run.start_time ?? (starts ? timestamp : null),
    end_time: leavesFinal ? null : ends ? timestamp : run.end_time,
    total_run_time: run.total_run_time + (initial?.type === "RUNNING" ? timestamp - initial.timestamp : 0),
  };
}

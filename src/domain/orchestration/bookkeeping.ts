import { isFinal, type State, withDetails } from "../states.ts";
import { regardsPauses } from "./pauses.ts";
import type { FlowRunContext, FlowRunDraft, RunColumns, TaskRunContext, TaskRunDraft } from "./types.ts";

/** What the bookkeeping leaves: the run's columns and the state as it is written. */
export interface Books<Draft> {
  readonly run: Draft;
  readonly state: State;
}

interface Entry<Draft> {
  readonly run: Draft;
  readonly initial: State | null;
  readonly state: State;
}

/** Counts a new state of a flow run: times, attempts, the mark of a resumption, whose state it is. */
export function keepFlowRunBooks(entry: Entry<FlowRunDraft>, context: FlowRunContext): Books<FlowRunDraft> {
  const { run, initial } = entry;
  const dated = afterInitial(entry.state, initial, (timestamp, last) => timestamp <= last);
  const task_run_id = run.parent_task_run_id ?? dated.state_details.task_run_id;
  const state = withDetails(dated, { flow_run_id: run.id, task_run_id });
  const isResuming = regardsPauses(context) && run.empirical_policy.resuming === true;
  const isCounted = state.type === "RUNNING" && !isResuming;
  const endsResumption = isResuming && (state.type === "RUNNING" || isFinal(state));
  return {
    state,
    run: {
      ...run,
      ...timesOf({ run, initial, state }),
      run_count: run.run_count + (isCounted ? 1 : 0),
      ...(endsResumption && { empirical_policy: { ...run.empirical_policy, resuming: false } }),
    },
  };
}

/** Counts a new state of a task run. */
export function keepTaskRunBooks(entry: Entry<TaskRunDraft>, _context: TaskRunContext): Books<TaskRunDraft> {
  const { run, initial } = entry;
  // States told by clients carry their clock, so a newer one may be dated earlier: only doubles are moved.
  const dated = afterInitial(entry.state, initial, (timestamp, last) => timestamp === last);
  const state = withDetails(dated, { flow_run_id: run.flow_run_id, task_run_id: run.id });
  return {
    state,
    run: {
      ...run,
      ...timesOf({ run, initial, state }),
      run_count: run.run_count + (state.type === "RUNNING" ? 1 : 0),
    },
  };
}

// No two states of a run share a time.
function afterInitial(state: State, initial: State | null, collides: (timestamp: number, last: number) => boolean): State {
  return initial !== null && collides(state.timestamp, initial.timestamp)
    ? { ...state, timestamp: initial.timestamp + 1 }
    : state;
}

function timesOf({ run, initial, state }: Entry<RunColumns>): Omit<RunColumns, "id" | "run_count"> {
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

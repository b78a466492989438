import { isStateType, type StateType, stateTypes } from "../domain/states.ts";
import { formatTime, toSeconds } from "../lib/time.ts";
import type { CountByState, SimpleFlowRun, SimpleNextFlowRun } from "../schemas/ui.ts";
import type { ChartedFlowRun } from "../store/ui/flow-runs.ts";
import type { NextFlowRun } from "../store/ui/flows.ts";

/** Returns the numbers by id. */
export const presentCounts = (counts: readonly { readonly id: string; readonly count: number }[]): Record<string, number> =>
  Object.fromEntries(counts.map(({ id, count }) => [id, count]));

/** Returns the next run of each flow that was asked for, null where there is none. */
export const presentNextRuns = (
  flow_ids: readonly string[],
  runs: readonly NextFlowRun[],
): Record<string, SimpleNextFlowRun | null> => ({
  ...Object.fromEntries(flow_ids.map((id) => [id, null])),
  ...Object.fromEntries(
    runs.map(({ next_scheduled_start_time: time, ...run }) => [
      run.flow_id,
      { ...run, state_type: "SCHEDULED" as const, next_scheduled_start_time: formatTime(time) },
    ]),
  ),
});

/** Returns a flow run as in the chart of the newest runs. */
export const presentChartedFlowRun = ({ id, state_type, timestamp, duration, lateness }: ChartedFlowRun): SimpleFlowRun => ({
  id,
  state_type: knownType(state_type),
  timestamp: formatTime(timestamp),
  duration: toSeconds(duration),
  lateness: toSeconds(lateness),
});

function knownType(type: string): StateType {
  if (!isStateType(type)) throw new Error(`a flow run has a state of the unknown type ${type}`);
  return type;
}

const zeros: CountByState = {
  COMPLETED: 0,
  PENDING: 0,
  RUNNING: 0,
  FAILED: 0,
  CANCELLED: 0,
  CRASHED: 0,
  PAUSED: 0,
  CANCELLING: 0,
  SCHEDULED: 0,
};

/** Returns the numbers by the type of state, with zeros. */
export function presentStateCounts(counts: readonly { readonly state_type: string; readonly count: number }[]): CountByState {
  const byType = new Map(counts.map(({ state_type, count }) => [state_type, count]));
  return { ...zeros, ...Object.fromEntries(stateTypes.map((type) => [type, byType.get(type) ?? 0])) };
}

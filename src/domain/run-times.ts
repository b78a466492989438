import type { Micros } from "../lib/time.ts";
import { isFinalType, isStateType } from "./states.ts";

interface TimedRun {
  readonly state_type: string | null;
  readonly state_timestamp: Micros | null;
  readonly total_run_time: Micros;
  readonly start_time: Micros | null;
  readonly expected_start_time: Micros | null;
}

/** Returns the run time until now, in microseconds (`prefect/server/database/orm_models.py Run.estimated_run_time`). */
export const estimatedRunTime = (run: TimedRun, now: Micros): Micros =>
  run.state_type === "RUNNING" && run.state_timestamp !== null
    ? run.total_run_time + Math.max(0, now - run.state_timestamp)
    : run.total_run_time;

/**
 * Returns how much later than expected a run started, or by how much an unstarted run is late now; in microseconds
 * (`prefect/server/database/orm_models.py Run.estimated_start_time_delta`).
 */
export function estimatedStartTimeDelta(run: TimedRun, now: Micros): Micros {
  if (run.expected_start_time === null) return 0;
  if (run.start_time !== null) return Math.max(0, run.start_time - run.expected_start_time);
  const isOver = run.state_type !== null && isStateType(run.state_type) && isFinalType(run.state_type);
  return isOver ? 0 : Math.max(0, now - run.expected_start_time);
}

import { isStateType } from "../domain/states.ts";
import { formatTime, toSeconds } from "../lib/time.ts";
import type { HistoryResponse } from "../schemas/history.ts";
import type { HistoryInterval } from "../store/history/read.ts";

/** Returns a history as in responses. */
export const presentHistory = (intervals: readonly HistoryInterval[]): HistoryResponse =>
  intervals.map(({ interval_start, interval_end, states }) => ({
    interval_start: formatTime(interval_start),
    interval_end: formatTime(interval_end),
    states: states.flatMap(({ state_type, state_name, count_runs, ...sums }) =>
      isStateType(state_type)
        ? [
            {
              state_type,
              state_name,
              count_runs,
              sum_estimated_run_time: toSeconds(sums.sum_estimated_run_time),
              sum_estimated_lateness: toSeconds(sums.sum_estimated_lateness),
            },
          ]
        : [],
    ),
  }));

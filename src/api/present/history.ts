import { isStateType } from "../../domain/states.ts";
import { unprocessable } from "../../http/errors.ts";
import type { HistoryResponse } from "../../schemas/history.ts";
import { formatTime, toSeconds } from "../../schemas/time.ts";
import type { HistoryInterval, HistorySpan } from "../../services/read-history.ts";

/** Refuses intervals below a second with the API's own text. */
export function checkInterval({ history_interval_seconds }: HistorySpan): void {
  if (history_interval_seconds < 1) throw unprocessable("History interval must not be less than 1 second.");
}

/** Returns a history as it stands in answers. */
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

import * as z from "zod";
import { number, timestamp, wireTime } from "./common.ts";
import { stateType } from "./states.ts";

// 285 years: the largest duration whose microseconds are an exact double.
const longestInterval = 9_000_000_000;

/** The body of a history: its time span, the length of its intervals in seconds, and filters. */
export const history = <S extends z.core.$ZodLooseShape>(filters: S) =>
  z.object({
    history_start: timestamp(),
    history_end: timestamp(),
    history_interval_seconds: number({ max: longestInterval }),
    ...filters,
  });

export const historyResponse = z.array(
  z
    .object({
      interval_start: wireTime(),
      interval_end: wireTime(),
      states: z.array(
        z
          .object({
            state_type: stateType,
            state_name: z.string(),
            count_runs: z.number().int(),
            sum_estimated_run_time: z.number(),
            sum_estimated_lateness: z.number(),
          })
          .meta({ id: "HistoryResponseState" }),
      ),
    })
    .meta({ id: "HistoryResponse" }),
);
export type HistoryResponse = z.input<typeof historyResponse>;

import type { Predicate } from "../../filters/predicate.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { emit } from "../sql/emit.ts";
import { number, selection, text } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";

/** The number of runs in one state in an interval, and their summed times in microseconds. */
export interface HistoryBucket {
  readonly interval: number;
  readonly state_type: string;
  readonly state_name: string;
  readonly count_runs: number;
  readonly sum_estimated_run_time: Micros;
  readonly sum_estimated_lateness: Micros;
}

export interface HistoryInterval {
  readonly interval_start: Micros;
  readonly interval_end: Micros;
  readonly states: readonly HistoryBucket[];
}

export interface HistoryRequest {
  readonly table: "flow_run" | "task_run";
  readonly where: Predicate;
  readonly start: Micros;
  readonly interval: Micros;
  readonly intervals: number;
  readonly now: Micros;
}

/** The SQL of `estimatedRunTime` (domain/run-times). */
export const estimatedRunTime = (now: Micros): Sql =>
  sql`r.total_run_time + case when r.state_type = 'RUNNING' then max(0, ${now} - r.state_timestamp) else 0 end`;

/** The SQL of `estimatedStartTimeDelta` (domain/run-times). */
export const estimatedLateness = (now: Micros): Sql => sql`case when r.expected_start_time is null then 0
  when r.start_time is not null then max(0, r.start_time - r.expected_start_time)
  when r.state_type in ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED') then 0
  else max(0, ${now} - r.expected_start_time) end`;

/** Returns the non-empty buckets of a history by interval; one round trip. */
export async function readHistory(db: Database, request: HistoryRequest): Promise<HistoryBucket[]> {
  const { table, where, start, interval, intervals, now } = request;
  const buckets = selection({
    interval: number(sql`cast((r.expected_start_time - ${start}) / ${interval} as integer) as bucket`),
    state_type: text("r.state_type"),
    state_name: text("r.state_name"),
    count_runs: number("count(*)"),
    sum_estimated_run_time: number(sql`sum(${estimatedRunTime(now)})`),
    sum_estimated_lateness: number(sql`sum(${estimatedLateness(now)})`),
  });
  return buckets.rows(
    await db.execute(sql`select ${buckets.columns}
      from ${raw(table)} r where r.expected_start_time >= ${start} and r.expected_start_time < ${start + intervals * interval} and r.state_type is not null and ${emit(where, "r")}
      group by bucket, r.state_type, r.state_name order by bucket, r.state_type, r.state_name`),
  );
}

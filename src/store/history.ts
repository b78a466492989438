import type { Predicate } from "../filters/predicate.ts";
import type { Micros } from "../schemas/time.ts";
import type { Database } from "./client.ts";
import { emit } from "./sql/emit.ts";

/** How many runs of one state fell into an interval, and their summed times in microseconds. */
export interface HistoryBucket {
  readonly interval: number;
  readonly state_type: string;
  readonly state_name: string;
  readonly count_runs: number;
  readonly sum_estimated_run_time: Micros;
  readonly sum_estimated_lateness: Micros;
}

export interface HistoryRequest {
  readonly table: "flow_run" | "task_run";
  readonly where: Predicate;
  readonly start: Micros;
  readonly interval: Micros;
  readonly intervals: number;
  readonly now: Micros;
}

const estimatedRunTime = "r.total_run_time + case when r.state_type = 'RUNNING' then max(0, ? - r.state_timestamp) else 0 end";

/** The SQL of `estimatedStartTimeDelta` (domain/run-times) with one parameter, now. */
export const estimatedLateness = `case when r.expected_start_time is null then 0
  when r.start_time is not null then max(0, r.start_time - r.expected_start_time)
  when r.state_type in ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED') then 0
  else max(0, ? - r.expected_start_time) end`;

/** Returns the filled buckets of a history by interval; one round trip. */
export async function readHistory(db: Database, request: HistoryRequest): Promise<HistoryBucket[]> {
  const { table, where, start, interval, intervals, now } = request;
  const condition = emit(where, "r");
  const result = await db.execute({
    sql: `select cast((r.expected_start_time - ?) / ? as integer) as bucket, r.state_type, r.state_name, count(*), sum(${estimatedRunTime}), sum(${estimatedLateness})
      from ${table} r where r.expected_start_time >= ? and r.expected_start_time < ? and r.state_type is not null and ${condition.sql}
      group by bucket, r.state_type, r.state_name order by bucket, r.state_type, r.state_name`,
    args: [start, interval, now, now, start, start + intervals * interval, ...condition.args],
  });
  return result.rows.map((row) => ({
    interval: Number(row[0]),
    state_type: String(row[1]),
    state_name: String(row[2]),
    count_runs: Number(row[3]),
    sum_estimated_run_time: Number(row[4]),
    sum_estimated_lateness: Number(row[5]),
  }));
}

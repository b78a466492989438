import { historyIntervals } from "../domain/history.ts";
import type { Predicate } from "../filters/predicate.ts";
import { fromSecondsDuration, type Micros } from "../lib/time.ts";
import type { Database } from "../store/client.ts";
import { type HistoryInterval, readHistory } from "../store/history/read.ts";

export interface HistorySpan {
  readonly history_start: Micros;
  readonly history_end: Micros;
  readonly history_interval_seconds: number;
}

/** Returns the runs that match, by interval of their expected start and by state, empty intervals included; one round trip. */
export async function runHistory(
  db: Database,
  { table, where, span, now }: { table: "flow_run" | "task_run"; where: Predicate; span: HistorySpan; now: Micros },
): Promise<HistoryInterval[]> {
  const interval = fromSecondsDuration(span.history_interval_seconds);
  const starts = historyIntervals(span.history_start, span.history_end, interval);
  if (starts.length === 0) return [];
  const buckets = await readHistory(db, { table, where, start: span.history_start, interval, intervals: starts.length, now });
  const byInterval = Map.groupBy(buckets, (bucket) => bucket.interval);
  return starts.map((start, i) => ({ interval_start: start, interval_end: start + interval, states: byInterval.get(i) ?? [] }));
}

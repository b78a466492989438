import type { Effort } from "../../lib/recurrence/index.ts";
import type { Micros } from "../../lib/time.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";
import { type RunLimits, scheduleDates } from "./dates.ts";

const second = 1_000_000;

/**
 * Returns the earliest time, not before `now`, at which a schedule has to create runs; null if never or if the effort is spent.
 * `made` are the ascending future dates that have runs. Due when fewer than `min_runs` are left or the last is nearer than
 * `min_time_seconds`, and the next date is within `max_time_seconds` and `max_runs`.
 */
export function nextCreationTime({
  schedule,
  existing,
  now,
  max_time_seconds,
  min_time_seconds,
  min_runs,
  max_runs,
  effort,
}: {
  schedule: StoredSchedule;
  existing: readonly Micros[];
  now: Micros;
  max_time_seconds: number;
  effort?: Effort;
} & RunLimits): Micros | null {
  const last = existing.at(-1);
  const [next] = scheduleDates({ schedule, start: last === undefined ? now : last + 1, limit: 1, effort });
  if (next === undefined) return null;
  const times = [now, next - max_time_seconds * second];
  const fromEnd = (count: number) => existing[existing.length - count];
  const tooFew = fromEnd(min_runs);
  if (last !== undefined && tooFew !== undefined) times.push(Math.min(tooFew, last - min_time_seconds * second) + 1);
  const oldestCounted = fromEnd(max_runs);
  if (oldestCounted !== undefined) times.push(oldestCounted + 1);
  return Math.max(...times);
}

import {
  cronDates,
  Effort,
  effortOf,
  intervalDates,
  parseCron,
  parseRules,
  rruleDates,
  type Zone,
  zoneNamed,
} from "../../lib/recurrence/index.ts";
import { type Micros, parseTime } from "../../lib/time.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";

const second = 1_000_000;
const maximumCandidates = 1002;
// A date that is yielded costs more than one that is skipped: its zone offset is looked up, and a run may be created for it.
const stepsOfDate = 50;

/** A range of instants, both ends inclusive; a null end means unbounded. */
export interface ScheduleWindow {
  readonly schedule: StoredSchedule;
  readonly start: Micros;
  readonly end?: Micros | null;
  /** At most this many dates, but at least one; 1000 if not given, 1 without an end. */
  readonly limit?: number;
  /** The effort shared with other searches; each search has its own bound in any case. */
  readonly effort?: Effort;
}

/**
 * Yields the dates of a schedule within a window, each local (wall clock) time once. Ends early where the effort is spent: then
 * `effort.isSpent` is true.
 */
export function* scheduleDates({
  schedule,
  start,
  end = null,
  limit = end === null ? 1 : 1000,
  effort = new Effort(effortOf.search),
}: ScheduleWindow): Generator<Micros> {
  const zone = zoneNamed(schedule.timezone);
  const isOver = endTest(schedule, zone, end);
  const seen = new Set<number>();
  let candidates = 0;
  for (const date of allDates(schedule, zone, { start, end, effort })) {
    if (isOver(date) || !effort.spend(stepsOfDate)) return;
    const wall = zone.wall(date);
    if (!seen.has(wall)) {
      seen.add(wall);
      yield date;
    }
    candidates += 1;
    if (seen.size >= limit || candidates >= maximumCandidates) return;
  }
}

type Search = { start: Micros; end: Micros | null; effort: Effort };

function allDates(schedule: StoredSchedule, zone: Zone, window: Search): Iterable<Micros> {
  if ("interval" in schedule) {
    const anchor = parseTime(schedule.anchor_date);
    return anchor === null ? [] : intervalDates({ interval: Math.round(schedule.interval * second), anchor, zone }, window);
  }
  if ("cron" in schedule) {
    const outcome = parseCron(schedule.cron);
    return "error" in outcome ? [] : cronDates({ plan: outcome.plan, day_or: schedule.day_or, zone }, window);
  }
  const outcome = parseRules(schedule.rrule);
  return "error" in outcome ? [] : rruleDates({ rules: outcome.rules, zone }, window);
}

// Intervals are compared with the end in local (wall clock) time, cron and RRULE dates as instants, as in
// `prefect/server/schemas/schedules.py`.
function endTest(schedule: StoredSchedule, zone: Zone, end: Micros | null): (date: Micros) => boolean {
  if (end === null) return () => false;
  if (!("interval" in schedule)) return (date) => date > end;
  const last = zone.wall(end);
  return (date) => zone.wall(date) > last;
}

/** The bounds of the runs that one pass creates. */
export interface RunLimits {
  readonly min_time_seconds: number;
  readonly min_runs: number;
  readonly max_runs: number;
}

/** Returns the dates for which runs are created: the fewest that reach both minima, within `end` and `max_runs`. */
export function datesToSchedule({
  schedule,
  start,
  end,
  min_time_seconds,
  min_runs,
  max_runs,
  effort,
}: { schedule: StoredSchedule; start: Micros; end: Micros; effort?: Effort } & RunLimits): Micros[] {
  const far = start + Math.round(min_time_seconds * second);
  const dates: Micros[] = [];
  for (const date of scheduleDates({ schedule, start, end, limit: max_runs, effort })) {
    dates.push(date);
    if (dates.length >= min_runs && date >= far) break;
  }
  return dates;
}

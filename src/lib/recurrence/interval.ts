import type { Micros } from "../time.ts";
import type { Effort } from "./effort.ts";
import type { WallMicros, Zone } from "./zone.ts";

const day = 86_400_000_000;
/** Finding the next change of a clock takes about sixty look-ups of offsets. */
const stepsOfChange = 1_000;

interface Interval {
  readonly interval: Micros;
  readonly anchor: Micros;
  readonly zone: Zone;
}

/**
 * Yields instants a whole number of intervals from an anchor (`prefect/server/schemas/schedules.py IntervalSchedule`): whole days
 * in wall clock time, less than a day in elapsed time; days with a part of a day begin in elapsed time and continue on the wall
 * clock. Start is compared on the wall clock.
 */
export function* intervalDates(
  { interval, anchor, zone }: Interval,
  { start, effort }: { start: Micros; effort: Effort },
): Generator<Micros> {
  const days = Math.floor(interval / day) * day;
  const isWholeDays = days === interval;
  const add = (date: Micros, count: number): Micros => zone.instant(zone.wall(date) + count * interval, "on/second");
  const jump = (count: number): Micros => (isWholeDays ? add(anchor, count) : anchor + count * interval);
  const advance = (date: Micros): Micros => (days === 0 ? date + interval : add(date, 1));
  const first: WallMicros = zone.wall(start);
  let date = anchor;
  // Dates before the anchor are counted back from it.
  let before = 0;
  if (isWholeDays && start >= anchor) date = seek({ interval, anchor, zone }, { start, effort }, add);
  else {
    // The quotient is computed in seconds, because its rounding affects the result.
    before = Math.trunc((start - anchor) / 1_000_000 / (interval / 1_000_000));
    date = jump(before);
    while (isExact(date, before) && zone.wall(date) > first) {
      before -= Math.ceil((zone.wall(date) - first) / interval);
      date = jump(before);
    }
  }
  const next = (): Micros => {
    if (!isWholeDays || before >= 0) return advance(date);
    before++;
    return jump(before);
  };
  // Less than a day is skipped at once: the shortest intervals have billions of dates in an hour.
  const nextFrom = (): Micros => (days === 0 ? date + Math.ceil((first - zone.wall(date)) / interval) * interval : next());
  while (isExact(date, before) && zone.wall(date) < first) date = nextFrom();
  while (Number.isSafeInteger(date)) {
    yield date;
    date = next();
  }
}

// Beyond 2^53 a step may change nothing, and the search would not end.
const isExact = (date: Micros, count: number): boolean => Number.isSafeInteger(date) && Number.isSafeInteger(count);

/**
 * Returns the last date before a start, or the first one from it on. A date that a clock change skips is shifted, and later ones
 * keep its new hour: each change is one step, the dates between two changes are skipped at once.
 */
function seek(
  { interval, anchor, zone }: Interval,
  { start, effort }: { start: Micros; effort: Effort },
  add: (date: Micros, count: number) => Micros,
): Micros {
  let date = anchor;
  while (date < start) {
    if (!effort.spend(stepsOfChange)) return Number.NaN;
    const boundary = Math.min(zone.sameUntil(date), start);
    const apart = Math.floor(zone.wall(boundary) / day) - Math.floor(zone.wall(date) / day);
    date = add(date, Math.max(1, Math.floor(apart / (interval / day)) - 1));
  }
  return date;
}

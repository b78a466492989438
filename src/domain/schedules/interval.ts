import type { Micros } from "../../schemas/time.ts";
import type { WallMicros, Zone } from "./zone.ts";

const day = 86_400_000_000;

/**
 * Yields instants a whole number of intervals from an anchor. The first is found in elapsed time; from there whole days are
 * added on the wall clock, and less than a day in elapsed time. Start is compared on the wall clock.
 */
export function* intervalDates(
  { interval, anchor, zone }: { interval: Micros; anchor: Micros; zone: Zone },
  { start }: { start: Micros },
): Generator<Micros> {
  const days = Math.floor(interval / day) * day;
  const advance = (date: Micros): Micros =>
    days === 0 ? date + interval : zone.instant(zone.wall(date) + interval, "on/second");
  // The quotient is one of seconds, because its rounding is part of the result.
  const count = Math.trunc((start - anchor) / 1_000_000 / (interval / 1_000_000));
  const first: WallMicros = zone.wall(start);
  let date = anchor + count * interval;
  while (Number.isSafeInteger(date) && zone.wall(date) < first) date = advance(date);
  while (Number.isSafeInteger(date)) {
    yield date;
    date = advance(date);
  }
}

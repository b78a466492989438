import type { Micros } from "../../lib/time.ts";
import type { TimeUnit } from "../../schemas/events.ts";

const second = 1_000_000;
const lengths: Record<TimeUnit, Micros> = {
  week: 7 * 86_400 * second,
  day: 86_400 * second,
  hour: 3_600 * second,
  minute: 60 * second,
  second,
};

// Monday, 2024-04-01, the reference's pivot (`prefect/server/events/counting.py PIVOT_DATETIME`): weeks begin on Mondays.
const pivot: Micros = Date.UTC(2024, 3, 1) * 1000;
const maximumBuckets = 1_000;

/** A time span that ends one microsecond before the next bucket begins. */
export interface Bucket {
  readonly start: Micros;
  readonly end: Micros;
}

/** How many events fell into a bucket. */
export interface BucketCount extends Bucket {
  readonly count: number;
}

interface Range {
  readonly since: Micros;
  readonly until: Micros;
}

/** The length of a bucket: a number of units, which may be a fraction. */
export interface Division {
  readonly unit: TimeUnit;
  readonly interval: number;
}

const lengthOf = ({ unit, interval }: Division): Micros => Math.round(lengths[unit] * interval);

const floorTo = (time: Micros, length: Micros): Micros => pivot + Math.floor((time - pivot) / length) * length;

// The range of years that the wire format of times can express.
const earliest: Micros = Date.parse("0001-01-01T00:00:00Z") * 1000;
const latest: Micros = Date.parse("9999-12-31T23:59:59.999Z") * 1000;

/** Returns why a range may not be divided in this way, null if it may. */
export function refuseDivision({ since, until }: Range, division: Division): string | null {
  const length = lengthOf(division);
  // The negated comparison also refuses a length that is infinite or NaN.
  if (!(floorTo(since, length) >= earliest && floorTo(until, length) + length <= latest))
    return "The given interval would create buckets outside of the years 1 to 9999. Please reduce the interval.";
  const count = Math.ceil((until - since) / length);
  return count <= maximumBuckets
    ? null
    : `The given interval would create ${count} buckets, which is too many. Please increase the interval or reduce the time range to produce ${maximumBuckets} buckets or fewer.`;
}

/**
 * Returns the buckets from the one that holds `since` to the one that reaches `until`; buckets after the current unit are left
 * out.
 */
export function bucketsOf({ since, until }: Range, division: Division, now: Micros): Bucket[] {
  const length = lengthOf(division);
  const unit = lengths[division.unit];
  const last = until > now ? floorTo(now, unit) + unit - 1 : until;
  const buckets: Bucket[] = [];
  for (let start = floorTo(since, length); start < last; start += length) buckets.push({ start, end: start + length - 1 });
  return buckets;
}

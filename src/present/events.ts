import type { BucketCount } from "../domain/events/buckets.ts";
import { formatTime } from "../lib/time.ts";
import type { EventCount, ReceivedEvent } from "../schemas/events.ts";
import type { ValueCount } from "../store/events/counts.ts";
import type { EventRow } from "../store/tables/events.ts";

/** Returns an event as in responses and streams. */
export const presentEvent = ({ position: _, resource_id: __, ...row }: EventRow): ReceivedEvent => ({
  ...row,
  occurred: formatTime(row.occurred),
  received: formatTime(row.received),
});

/** Returns the counts of events by their name or resource as they stand in answers. */
export const presentValueCounts = (counts: readonly ValueCount[]): EventCount[] =>
  counts.map(({ value, label, count, first, last }) => ({
    value,
    label,
    count,
    start_time: formatTime(first),
    end_time: formatTime(last),
  }));

/** Returns the counts of events by time: a bucket's value is its number, its label the start of the bucket. */
export const presentBucketCounts = (counts: readonly BucketCount[]): EventCount[] =>
  counts.map(({ start, end, count }, i) => ({
    value: String(i),
    label: isoLabel(formatTime(start)),
    count,
    start_time: formatTime(start),
    end_time: formatTime(end),
  }));

// Python's isoformat: no fraction where it is whole, and the zone as an offset.
const isoLabel = (time: string): string => time.replace(/(\.000000)?Z$/, "+00:00");

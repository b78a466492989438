import type { Deps } from "../deps.ts";
import { type BucketCount, bucketsOf, type Division, refuseDivision } from "../domain/events/buckets.ts";
import { resolveEventFilter } from "../domain/events/filter.ts";
import type { Countable } from "../schemas/events.ts";
import type { EventFilter } from "../schemas/filters/events.ts";
import { countEventsBy, countEventsByTime, type ValueCount } from "../store/events/counts.ts";

interface Question {
  readonly countable: Countable;
  readonly filter: EventFilter;
  readonly division: Division;
}

export type EventCounts =
  | { readonly kind: "by_value"; readonly counts: readonly ValueCount[] }
  | { readonly kind: "by_time"; readonly counts: readonly BucketCount[] }
  | { readonly kind: "too_many_buckets"; readonly message: string };

/** Returns the counts of the events that match, or why they cannot be counted so (`prefect/server/events/counting.py`). */
export async function countEvents(deps: Deps, { countable, filter: asked, division }: Question): Promise<EventCounts> {
  const now = deps.now();
  const filter = resolveEventFilter(asked, now);
  const message = refuseDivision(filter.occurred, division);
  if (message !== null) return { kind: "too_many_buckets", message };
  if (countable === "event" || countable === "resource")
    return { kind: "by_value", counts: await countEventsBy(deps.db, countable, filter) };
  const buckets = bucketsOf(filter.occurred, countable === "day" ? { unit: "day", interval: 1 } : division, now);
  const [first] = buckets;
  if (first === undefined) return { kind: "by_time", counts: [] };
  const counted = await countEventsByTime(deps.db, filter, { start: first.start, length: first.end + 1 - first.start });
  return { kind: "by_time", counts: buckets.map((bucket, i) => ({ ...bucket, count: counted.get(i) ?? 0 })) };
}

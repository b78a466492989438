import type { Deps } from "../deps.ts";
import { bucketsOf, type Division, refuseDivision } from "../domain/events/buckets.ts";
import { resolveEventFilter } from "../domain/events/filter.ts";
import { formatTime } from "../lib/time.ts";
import type { Countable, EventCount } from "../schemas/events.ts";
import type { EventFilter } from "../schemas/filters/events.ts";
import { countEventsBy, countEventsByTime } from "../store/events/counts.ts";

interface Question {
  readonly countable: Countable;
  readonly filter: EventFilter;
  readonly division: Division;
}

/** Returns the counts of the events that match, or why they cannot be counted so (rules: events.md 5). */
export async function countEvents(
  deps: Deps,
  { countable, filter: asked, division }: Question,
): Promise<{ counts: EventCount[] } | { refused: string }> {
  const now = deps.now();
  const filter = resolveEventFilter(asked, now);
  const refused = refuseDivision(filter.occurred, division);
  if (refused !== null) return { refused };
  if (countable === "event" || countable === "resource") {
    const counts = await countEventsBy(deps.db, countable, filter);
    return {
      counts: counts.map(({ first, last, ...rest }) => ({ ...rest, start_time: formatTime(first), end_time: formatTime(last) })),
    };
  }
  const buckets = bucketsOf(filter.occurred, countable === "day" ? { unit: "day", interval: 1 } : division, now);
  const [first] = buckets;
  if (first === undefined) return { counts: [] };
  const counted = await countEventsByTime(deps.db, filter, { start: first.start, length: first.end + 1 - first.start });
  return {
    counts: buckets.map(({ start, end }, i) => ({
      value: String(i),
      label: isoLabel(formatTime(start)),
      count: counted.get(i) ?? 0,
      start_time: formatTime(start),
      end_time: formatTime(end),
    })),
  };
}

// As Python writes a time: no fraction where it is whole, and the zone as an offset.
const isoLabel = (time: string): string => time.replace(/(\.000000)?Z$/, "+00:00");

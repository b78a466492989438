import type { Micros } from "../../lib/time.ts";
import type { EventFilter } from "../../schemas/filters/events.ts";

const day = 86_400_000_000;
const daysBack = 180;

/** A filter whose window is settled. */
export type ResolvedEventFilter = Omit<EventFilter, "occurred"> & {
  readonly occurred: { readonly since: Micros; readonly until: Micros };
};

/** Returns the filter with its window: from midnight 180 days ago until now, where it says nothing else. */
export function resolveEventFilter(filter: EventFilter | undefined, now: Micros): ResolvedEventFilter {
  const since = filter?.occurred?.since ?? (Math.floor(now / day) - daysBack) * day;
  return { order: "DESC", ...filter, occurred: { since, until: filter?.occurred?.until ?? now } };
}

import type { Micros } from "../../lib/time.ts";
import type { EventFilter } from "../../schemas/filters/events.ts";

const day = 86_400_000_000;
const daysBack = 180;

/** An event filter whose window of time has both ends. */
export type ResolvedEventFilter = Omit<EventFilter, "occurred"> & {
  readonly occurred: { readonly since: Micros; readonly until: Micros };
};

/** Returns the filter with its window: where it has none, from midnight 180 days ago until now. */
export function resolveEventFilter(filter: EventFilter | undefined, now: Micros): ResolvedEventFilter {
  const since = filter?.occurred?.since ?? (Math.floor(now / day) - daysBack) * day;
  return { order: "DESC", ...filter, occurred: { since, until: filter?.occurred?.until ?? now } };
}

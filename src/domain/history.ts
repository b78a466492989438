import type { Micros } from "../lib/time.ts";

/** The maximum number of intervals in a history. */
const maximumIntervals = 500;

/** Returns the starts of a history's intervals: as many as reach from start to end, at most 500; none if it ends before it starts. */
export function historyIntervals(start: Micros, end: Micros, interval: Micros): Micros[] {
  const wanted = end <= start ? 0 : Math.ceil((end - start) / interval);
  return Array.from({ length: Math.min(wanted, maximumIntervals) }, (_, i) => start + i * interval);
}

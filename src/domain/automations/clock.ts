import type { Micros } from "../../lib/time.ts";

/** The clock of events: the newest `occurred` evaluated, and when the last event was evaluated; null before the first. */
export interface EventsClock {
  readonly time: Micros;
  readonly updated: Micros;
}

/** Returns the clock after events of which the newest occurred then; dates in the future count as now. */
export const advanced = (clock: EventsClock | null, newest: Micros, now: Micros): EventsClock => ({
  time: Math.max(clock?.time ?? Number.MIN_SAFE_INTEGER, Math.min(newest, now)),
  updated: now,
});

/** Returns the time as of which windows end: behind a backlog of old events it lags, so that no window ends before its events are in. */
export const evaluationTime = (clock: EventsClock | null, now: Micros): Micros =>
  clock === null ? now : now + clock.time - clock.updated;

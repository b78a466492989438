import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import type { EventTrigger } from "../../schemas/automations/triggers.ts";
import type { Held } from "./memory.ts";

/** For how long an expected event is kept at least (`prefect/server/events/models/automation_held_events.py`). */
export const heldRetention: Micros = fromSecondsDuration(30 * 60);

/** The most events that one end of a slot keeps. */
const mostOfSlot = 10_000;

/** Returns whether a trigger keeps its expected events for the windows that are opened later. */
export const holdsEvents = ({ posture, after }: EventTrigger): boolean => posture === "Proactive" && after.length > 0;

/**
 * Returns the kept events with one more. Of each slot of the trigger's `within`, aligned to the epoch, only the first and the last
 * `threshold` are needed: a window covers the end of one slot and the beginning of the next, and counts to the threshold.
 */
export function holdEvent({ within, threshold }: EventTrigger, held: Held, occurred: Micros): Held {
  const width = fromSecondsDuration(within);
  const sorted = [...held, occurred].sort((a, b) => a - b);
  const horizon = (sorted.at(-1) ?? occurred) - Math.max(heldRetention, width);
  const start = Math.floor(occurred / width) * width;
  const isInSlot = (time: Micros) => start <= time && time < start + width;
  const slot = sorted.filter(isInSlot);
  const most = Math.min(Math.max(threshold, 0), mostOfSlot);
  const kept = slot.length <= 2 * most ? slot : [...slot.slice(0, most), ...slot.slice(slot.length - most)];
  const others = sorted.filter((time) => !isInSlot(time));
  return [...others, ...kept].filter((time) => time >= horizon).sort((a, b) => a - b);
}

/** Returns how many kept events occurred from `start` up to but not including `end`. */
export const countHeld = (held: Held, start: Micros, end: Micros): number =>
  held.filter((time) => start <= time && time < end).length;

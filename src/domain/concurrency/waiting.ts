import { clampedInterval } from "../orchestration/clamped-interval.ts";
import { tagPrefix } from "./tags.ts";

/** A held slot counts for at least this long in averages. */
export const shortestOccupancySeconds = 0.1;

/** The longest average wait, by the kind of limit: limits on tags and all others. */
export const longestWaitSeconds = { tag: 10, other: 30 } as const;

/** What the wait for a slot depends on. */
export interface WaitedFor {
  readonly name: string;
  readonly limit: number;
  readonly slot_decay_per_second: number;
  readonly denied_slots: number;
  readonly avg_slot_occupancy_seconds: number;
}

/**
 * Returns after how many seconds a refused request for slots should be repeated: drawn around the average wait for the limit
 * on which most demand weighs (concurrency_limits_v2.md, Retry-After). `chance` is from 0 up to 1.
 */
export function retryAfterSeconds(limits: readonly WaitedFor[], slots: number, chance: number): number {
  const [first, ...others] = limits;
  if (first === undefined) return 0;
  const busiest = others.reduce((most, next) => (demandOn(next, slots) > demandOn(most, slots) ? next : most), first);
  return clampedInterval(averageWait(busiest, demandOn(busiest, slots)), chance);
}

const demandOn = ({ slot_decay_per_second, denied_slots, limit }: WaitedFor, slots: number): number =>
  slot_decay_per_second > 0 ? slots + denied_slots : (slots + denied_slots) / limit;

function averageWait(limit: WaitedFor, demand: number): number {
  if (limit.slot_decay_per_second > 0) return demand / limit.slot_decay_per_second;
  const longest = limit.name.startsWith(tagPrefix) ? longestWaitSeconds.tag : longestWaitSeconds.other;
  return Math.min(Math.min(limit.avg_slot_occupancy_seconds, longest) * demand, longest);
}

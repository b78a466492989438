import { clampedInterval } from "../orchestration/clamped-interval.ts";
import { tagPrefix } from "./tags.ts";

/** The lower bound of one slot's occupancy in `avg_slot_occupancy_seconds`. */
export const shortestOccupancySeconds = 0.1;

/** The upper bound of the average wait: for limits on tags, and for all others. */
export const longestWaitSeconds = { tag: 10, other: 30 } as const;

/** The columns of a limit from which the wait for a slot is computed. */
export interface FullLimit {
  readonly name: string;
  readonly limit: number;
  readonly slot_decay_per_second: number;
  readonly denied_slots: number;
  readonly avg_slot_occupancy_seconds: number;
}

/**
 * Returns the `Retry-After` of a refused request for slots, in seconds: drawn around the average wait for the limit with the
 * highest demand (`prefect/server/api/concurrency_limits_v2.py _generate_concurrency_locked_response`). `chance` is from 0 up to
 * 1.
 */
export function retryAfterSeconds(limits: readonly FullLimit[], slots: number, chance: number): number {
  const [first, ...others] = limits;
  if (first === undefined) return 0;
  const busiest = others.reduce((most, next) => (demandOn(next, slots) > demandOn(most, slots) ? next : most), first);
  return clampedInterval(averageWait(busiest, demandOn(busiest, slots)), chance);
}

const demandOn = ({ slot_decay_per_second, denied_slots, limit }: FullLimit, slots: number): number =>
  slot_decay_per_second > 0 ? slots + denied_slots : (slots + denied_slots) / limit;

function averageWait(limit: FullLimit, demand: number): number {
  if (limit.slot_decay_per_second > 0) return demand / limit.slot_decay_per_second;
  const longest = limit.name.startsWith(tagPrefix) ? longestWaitSeconds.tag : longestWaitSeconds.other;
  return Math.min(Math.min(limit.avg_slot_occupancy_seconds, longest) * demand, longest);
}

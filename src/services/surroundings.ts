import type { Surroundings } from "../domain/orchestration/types.ts";
import type { Micros } from "../lib/time.ts";

/** What services need of a request's dependencies to make decisions. */
export interface ServiceDeps {
  readonly now: () => Micros;
  readonly newId: () => string;
  readonly random: () => number;
}

/** Returns the clock, ids and chance of one decision. */
export const surroundings = ({ now, newId, random }: ServiceDeps): Surroundings => ({ now: now(), new_id: newId, random });

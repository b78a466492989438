import type { Micros } from "../lib/time.ts";

/** Where a request takes its time, ids and chance from; its clock never stands still. */
export interface Sources {
  readonly now: () => Micros;
  readonly newId: () => string;
  /** Returns a number from 0 up to but not including 1. */
  readonly random: () => number;
}

/** The sources of what is stamped with a time and an id when it is written. */
export type Stamps = Pick<Sources, "now" | "newId">;

/** What one decision takes from outside: all that it decides happens at one time. */
export type Surroundings = Omit<Sources, "now"> & { readonly now: Micros };

/** Returns the surroundings of one decision. */
export const surroundings = ({ now, newId, random }: Sources): Surroundings => ({ now: now(), newId, random });

import type { Deps } from "../deps.ts";
import type { Micros } from "../lib/time.ts";

/** The tick that a job works for: its clock is `scheduledTime`. */
export interface Tick {
  readonly cron: string;
  readonly scheduledTime: Micros;
}

/** A bounded piece of background work that may run twice or in two places at once. */
export interface Job {
  readonly name: string;
  run(deps: Deps, tick: Tick): Promise<void>;
}

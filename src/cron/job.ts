import type { Deps } from "../deps.ts";
import type { Micros } from "../lib/time.ts";

/** One cron tick; jobs use `scheduledTime` as their clock. */
export interface Tick {
  readonly cron: string;
  readonly scheduledTime: Micros;
}

/** A bounded piece of background work; idempotent, so that it may run twice or in two isolates at once. */
export interface Job {
  readonly name: string;
  run(deps: Deps, tick: Tick): Promise<void>;
}

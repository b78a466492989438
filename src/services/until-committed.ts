import type { Sources } from "../domain/surroundings.ts";
import type { Micros } from "../lib/time.ts";
import { DatabaseUnavailable } from "../store/client.ts";

/** What an attempt returns whose guarded write found that the rows it had read were changed by another request. */
export const changedMeanwhile = "changed meanwhile";
export type ChangedMeanwhile = typeof changedMeanwhile;

const patience: Micros = 6_000_000;
const longestPauseMs = 200;

/**
 * Repeats load → decide → commit until an attempt commits, and returns what that attempt returned. Pauses between attempts grow and are
 * jittered, so that requests for one row do not meet again in step. Throws DatabaseUnavailable (503) after six seconds of contention.
 */
export async function untilCommitted<T>(
  { now, random }: Pick<Sources, "now" | "random">,
  attempt: () => Promise<T | ChangedMeanwhile>,
): Promise<T> {
  const end = now() + patience;
  for (let failed = 1; ; failed++) {
    const outcome = await attempt();
    if (outcome !== changedMeanwhile) return outcome;
    if (now() > end) throw new DatabaseUnavailable("the rows of this request were changed again and again by others");
    const pause = Math.min(2 ** Math.min(failed, 10), longestPauseMs) * (0.5 + random());
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

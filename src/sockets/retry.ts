import type { Deps } from "../deps.ts";
import { DatabaseUnavailable } from "../store/client.ts";

export const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const retryDelaysMs = [200, 400, 800, 1_600, 3_000, 5_000, 5_000];

/** Runs idempotent work, again while the database is unavailable, for about 15 seconds. */
export async function retryWhileUnavailable<T>(deps: Deps, work: () => Promise<T>): Promise<T> {
  for (const delay of retryDelaysMs) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      deps.log("warn", { event: "database unavailable", again_in_ms: delay });
      await sleep(delay * (0.5 + deps.random()));
    }
  }
  return work();
}

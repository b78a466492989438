import type { TaskRunRule } from "../types.ts";
import { accept, replaceWith } from "../verdicts.ts";

const longestKey = 2000;

/** Stores a COMPLETED state under its cache key; rejects keys that are too long. */
export const cacheInsertion: TaskRunRule = {
  name: "CacheInsertion",
  from: "any",
  to: ["COMPLETED"],
  apply({ context, proposed }) {
    const { cache_key, cache_expiration } = proposed.state_details;
    if (!cache_key) return null;
    const effects = [
      { kind: "store_cache", id: context.newId(), cache_key, cache_expiration, task_run_state_id: proposed.id } as const,
    ];
    return [...cache_key].length > longestKey
      ? replaceWith(proposed, `Cache key exceeded maximum allowed length of ${longestKey} characters.`, { effects })
      : accept({ effects });
  },
};

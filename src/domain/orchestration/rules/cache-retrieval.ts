import { copyOf } from "../../states.ts";
import type { TaskRunRule } from "../types.ts";
import { makeNow, replaceWith } from "../verdicts.ts";

/** Replaces RUNNING by the cached state of an earlier task run with the same cache key. */
export const cacheRetrieval: TaskRunRule = {
  name: "CacheRetrieval",
  from: "any",
  to: ["RUNNING"],
  apply({ context, proposed }) {
    const { cache_key, refresh_cache } = proposed.state_details;
    if (!cache_key || refresh_cache === true || context.cached_state === null) return null;
    const copy = { ...copyOf(context.cached_state), name: "Cached" };
    return replaceWith(makeNow(context, copy), "Retrieved state from cache");
  },
};

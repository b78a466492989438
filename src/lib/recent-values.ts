import type { Micros } from "./time.ts";

/** A cache of values by id, bounded in size and age. */
export interface RecentValues<Value> {
  /** Returns the value, null where there is none or it is too old. */
  get(id: string, now: Micros): Value | null;
  /** Stores a value of so many characters; without effect where it is larger than a tenth of the cache. */
  put(id: string, value: Value, size: number, now: Micros): void;
  /** Begins the age of a value anew. */
  renew(id: string, now: Micros): void;
  remove(id: string): void;
}

export interface RecentValuesBounds {
  /** In characters. */
  readonly capacity: number;
  readonly lifetime: Micros;
}

/** Returns an empty cache. When it is full, it evicts the values that were stored or renewed the longest ago. */
export function recentValues<Value>({ capacity, lifetime }: RecentValuesBounds): RecentValues<Value> {
  const entries = new Map<string, { readonly value: Value; readonly size: number; readonly at: Micros }>();
  let total = 0;
  const remove = (id: string) => {
    total -= entries.get(id)?.size ?? 0;
    entries.delete(id);
  };
  const put = (id: string, value: Value, size: number, at: Micros) => {
    remove(id);
    if (size > capacity / 10) return;
    for (const oldest of entries.keys()) {
      if (total + size <= capacity) break;
      remove(oldest);
    }
    entries.set(id, { value, size, at });
    total += size;
  };
  return {
    get(id, now) {
      const entry = entries.get(id);
      return entry !== undefined && now - entry.at < lifetime ? entry.value : null;
    },
    put,
    renew(id, now) {
      const entry = entries.get(id);
      if (entry !== undefined) put(id, entry.value, entry.size, now);
    },
    remove,
  };
}

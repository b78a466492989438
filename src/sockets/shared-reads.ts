import type { Micros } from "../lib/time.ts";

/** Serialised rows up to a position. */
export interface SharedRows {
  readonly rows: readonly { readonly text: string; readonly time: Micros }[];
  readonly position: number;
  /** The read reached its limit: there may be more rows behind `position`. */
  readonly more: boolean;
}

/** The number of free deliveries; each subscriber that tries to take one decrements it. */
export interface FreeDeliveries {
  count: number;
}

/**
 * Shares reads between subscribers of one isolate that are at the same position. A cache of a few seconds: it holds nothing that
 * another isolate would need, and losing it costs reads only.
 */
export interface SharedReads<Value> {
  /** Returns the value read under the key, by this caller or another one. An error of `read` is thrown to its own caller only. */
  read(key: string, read: () => Promise<Value>): Promise<Value>;
}

/** The task workers connected to this isolate, by socket id. */
export type TaskWorkers = Map<string, { readonly id: string; readonly task_keys: readonly string[] }>;

/** What the sockets of one workspace share in an isolate. */
export interface Shared {
  readonly rows: SharedReads<SharedRows>;
  readonly free: SharedReads<FreeDeliveries>;
  /** Returns true to one caller per period, which does the work for all sockets. */
  claim(key: string, periodMs: number): boolean;
}

interface Entry<Value> {
  readonly startedAt: number;
  size: number;
  value: Value | null;
}

const lifetimeMs = 3_000;
/** A read without a result after this time belonged to a request that was cut off. */
const readTimeoutMs = 3_000;
const maximumBytes = 4 * 1024 * 1024;

/** Returns an empty cache of shared reads. */
export function sharedReads<Value extends object>(
  sizeOf: (value: Value) => number,
  now: () => number = Date.now,
): SharedReads<Value> {
  const entries = new Map<string, Entry<Value>>();
  let bytes = 0;
  const remove = (key: string, entry: Entry<Value>) => {
    if (entries.get(key) !== entry) return;
    entries.delete(key);
    bytes -= entry.size;
  };
  const evict = () => {
    for (const [key, entry] of entries) {
      if (now() - entry.startedAt < lifetimeMs && bytes <= maximumBytes) return;
      remove(key, entry);
    }
  };
  const keep = (key: string, entry: Entry<Value>, value: Value) => {
    const size = sizeOf(value);
    // Large values are not shared.
    if (size > maximumBytes / 4) return remove(key, entry);
    entry.value = value;
    if (entries.get(key) !== entry) return;
    entry.size = size;
    bytes += size;
  };
  const readOnce = async (key: string, read: () => Promise<Value>): Promise<Value> => {
    const entry: Entry<Value> = { startedAt: now(), size: 0, value: null };
    const before = entries.get(key);
    if (before !== undefined) remove(key, before);
    entries.set(key, entry);
    try {
      const value = await read();
      keep(key, entry, value);
      return value;
    } catch (error) {
      remove(key, entry);
      throw error;
    } finally {
      evict();
    }
  };
  return {
    async read(key, read) {
      for (;;) {
        const entry = entries.get(key);
        if (entry === undefined || (entry.value === null && now() - entry.startedAt > readTimeoutMs)) return readOnce(key, read);
        if (entry.value !== null) return entry.value;
        // Polling, because workerd runs a continuation from another request in the wrong I/O context.
        await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 15));
      }
    },
  };
}

const maximumClaims = 1_000;

/** Returns a `claim` without claims. */
export function claims(now: () => number = Date.now): Shared["claim"] {
  const last = new Map<string, number>();
  return (key, periodMs) => {
    const at = now();
    const before = last.get(key);
    if (before !== undefined && at - before < periodMs) return false;
    if (last.size >= maximumClaims) last.clear();
    last.set(key, at);
    return true;
  };
}

const sizeOfRows = ({ rows }: SharedRows): number => rows.reduce((sum, { text }) => sum + text.length, 100);

/** Returns the empty caches of one workspace's sockets. */
export const sharedBySockets = (): Shared => ({ rows: sharedReads(sizeOfRows), free: sharedReads(() => 100), claim: claims() });

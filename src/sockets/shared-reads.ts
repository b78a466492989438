import type { Micros } from "../lib/time.ts";

/** Rows as they are sent, up to a position. */
export interface SharedRows {
  readonly rows: readonly { readonly text: string; readonly time: Micros }[];
  readonly position: number;
  /** Others may be behind it already. */
  readonly more: boolean;
}

/** How many deliveries waited at a look: each follower that tries to take one counts it down. */
export interface Free {
  count: number;
}

/**
 * Lets followers of one isolate that stand at the same place share what one of them has read. It holds what was read for a few seconds, and
 * nothing that another isolate would need: losing it costs reads.
 */
export interface SharedReads<Value> {
  /** Returns what another follower has read under the key, or reads it. What `read` throws is thrown to its own caller alone. */
  read(key: string, read: () => Promise<Value>): Promise<Value>;
}

/** The task workers that are connected to this isolate, by id. */
export type TaskWorkers = Map<string, { readonly id: string; readonly task_keys: readonly string[] }>;

/** What the sockets of one workspace share in an isolate. */
export interface Shared {
  readonly rows: SharedReads<SharedRows>;
  readonly free: SharedReads<Free>;
  /** Returns true to one caller in each period: work that one socket may do for all. */
  claim(key: string, periodMs: number): boolean;
}

interface Entry<Value> {
  readonly startedAt: number;
  size: number;
  value: Value | null;
}

const lifetimeMs = 3_000;
/** A reader that has not come back by then was cut off. */
const readMs = 3_000;
const mostBytes = 4 * 1024 * 1024;

/** Returns shared reads with nothing in them. */
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
  const forgetOld = () => {
    for (const [key, entry] of entries) {
      if (now() - entry.startedAt < lifetimeMs && bytes <= mostBytes) return;
      remove(key, entry);
    }
  };
  const keep = (key: string, entry: Entry<Value>, value: Value) => {
    const size = sizeOf(value);
    // What is large is read by each for itself.
    if (size > mostBytes / 4) return remove(key, entry);
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
      forgetOld();
    }
  };
  return {
    async read(key, read) {
      for (;;) {
        const entry = entries.get(key);
        if (entry === undefined || (entry.value === null && now() - entry.startedAt > readMs)) return readOnce(key, read);
        if (entry.value !== null) return entry.value;
        // Polling, because workerd runs a continuation from another request in the wrong I/O context.
        await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 15));
      }
    },
  };
}

const mostClaims = 1_000;

/** Returns `claim` of a new isolate. */
export function claims(now: () => number = Date.now): Shared["claim"] {
  const last = new Map<string, number>();
  return (key, periodMs) => {
    const at = now();
    const before = last.get(key);
    if (before !== undefined && at - before < periodMs) return false;
    if (last.size >= mostClaims) last.clear();
    last.set(key, at);
    return true;
  };
}

const sizeOfRows = ({ rows }: SharedRows): number => rows.reduce((sum, { text }) => sum + text.length, 100);

/** Returns what sockets share before any of them has read. */
export const sharedBySockets = (): Shared => ({ rows: sharedReads(sizeOfRows), free: sharedReads(() => 100), claim: claims() });

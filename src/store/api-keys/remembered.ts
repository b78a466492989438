import { hasExpired, type LiveKey } from "../../domain/api-key.ts";
import type { Micros } from "../../lib/time.ts";
import { maximumKeys } from "../../schemas/api-keys.ts";

/** For how long an answer of the database is used. */
const memory: Micros = 55_000_000;
/** For how much longer it is used while one request asks again, so that a thousand sockets do not ask at once. */
const renewal: Micros = 5_000_000;
/** For how long a text is known to be no key. */
const missMemory: Micros = 10_000_000;
const maximumMisses = 1000;

/** Lookups of unknown keys of an isolate: so many at once, then so many a second. Verified keys are looked up again without a limit. */
const lookupBurst = 200;
const lookupsPerSecond = 50;

/** What an isolate knows of the keys of a database, by their hashes. Never a key itself. */
export interface RememberedKeys {
  /** Returns the key that was verified less than a minute ago, null for a text that is no key, undefined where the database has to be asked. */
  find(hash: string, now: Micros): LiveKey | null | undefined;
  /** Takes a lookup from the isolate's budget; returns false where none is left. */
  takeLookup(hash: string, now: Micros): boolean;
  /** Changes with each key that this isolate creates or revokes: an answer that was asked for before is not remembered. */
  generation(): number;
  /** Remembers the outcome of a lookup that began in this generation. */
  remember(hash: string, key: LiveKey | null, at: Asked): void;
  /** Returns whether the database has keys; undefined where it has to be asked. */
  exist(now: Micros): boolean | undefined;
  rememberExistence(exist: boolean, at: Asked): void;
  /** A key was created: from now on the database has one. */
  created(): void;
  /** A key was revoked, or may have been. */
  revoked(id: string): void;
}

/** When a lookup began. */
interface Asked {
  readonly now: Micros;
  readonly generation: number;
}

/** Returns the memory of an isolate that knows no key. */
export function rememberedKeys(): RememberedKeys {
  const verified = new Map<string, Remembered<LiveKey>>();
  const misses = new Map<string, Micros>();
  const budget = { left: lookupBurst, at: 0 };
  let generation = 0;
  let existence: Remembered<boolean> | undefined;
  return {
    find(hash, now) {
      const found = verified.get(hash);
      if (found !== undefined) {
        return hasExpired(found.value, now) ? null : valueAt(found, now);
      }
      return now < (misses.get(hash) ?? 0) ? null : undefined;
    },
    takeLookup(hash, now) {
      if (verified.has(hash)) return true;
      budget.left = Math.min(lookupBurst, budget.left + (Math.max(0, now - budget.at) / 1_000_000) * lookupsPerSecond);
      budget.at = Math.max(budget.at, now);
      if (budget.left < 1) return false;
      budget.left -= 1;
      return true;
    },
    generation: () => generation,
    remember(hash, key, { now, generation: began }) {
      verified.delete(hash);
      misses.delete(hash);
      // A good key's first lookup costs nothing of the budget.
      if (key !== null) budget.left = Math.min(lookupBurst, budget.left + 1);
      if (key === null) putBounded(misses, hash, now + missMemory, maximumMisses);
      else if (began === generation) putBounded(verified, hash, { value: key, until: now + memory }, maximumKeys);
    },
    exist: (now) => (existence === undefined ? undefined : valueAt(existence, now)),
    rememberExistence(exist, { now, generation: began }) {
      if (began === generation) existence = { value: exist, until: now + memory };
    },
    created() {
      generation++;
      existence = { value: true, until: Number.POSITIVE_INFINITY };
    },
    revoked(id) {
      generation++;
      for (const [hash, { value }] of verified) if (value.id === id) verified.delete(hash);
    },
  };
}

interface Remembered<T> {
  readonly value: T;
  readonly until: Micros;
  /** When a request began to ask again. */
  askedAt?: Micros;
}

/** Returns a value while it may be used; undefined for the one request that has to ask again, and for all when that takes long. */
function valueAt<T>(remembered: Remembered<T>, now: Micros): T | undefined {
  const { value, until, askedAt } = remembered;
  if (now < until || (askedAt !== undefined && now < until + renewal)) return value;
  remembered.askedAt = now;
  return undefined;
}

function putBounded<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}

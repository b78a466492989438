import type { Micros } from "../../lib/time.ts";
import type { Firing, SeenEvent } from "./firing.ts";

/** The open window of a trigger for one key. */
export interface Bucket {
  readonly start: Micros;
  readonly end: Micros;
  readonly count: number;
  /** Only of Proactive triggers, which may fire without an event. */
  readonly last: SeenEvent | null;
}

/** When the events occurred that a Proactive trigger with `after` has expected for one key, in order. */
export type Held = readonly Micros[];

/** What a trigger remembers for one key. */
export interface Slot<T> {
  readonly trigger_id: string;
  readonly key: string;
  readonly value: T;
}

/** What a fold changes: of a value that is null nothing remains. */
export interface Changes {
  readonly buckets: readonly Slot<Bucket | null>[];
  readonly held: readonly Slot<Held>[];
  readonly collected: readonly { readonly trigger_id: string; readonly firings: readonly Firing[] }[];
}

/** The memory of triggers during one fold: what was loaded, changed in place. */
export interface Memory {
  readonly bucket: (triggerId: string, key: string) => Bucket | null;
  readonly setBucket: (triggerId: string, key: string, bucket: Bucket | null) => void;
  readonly held: (triggerId: string, key: string) => Held;
  readonly setHeld: (triggerId: string, key: string, held: Held) => void;
  /** The firings that a composite trigger has collected, in their order, at most one of each of its triggers. */
  readonly collected: (triggerId: string) => readonly Firing[];
  readonly setCollected: (triggerId: string, firings: readonly Firing[]) => void;
  /** Returns what has been set since the memory was made. */
  readonly changes: () => Changes;
}

export interface Remembered {
  readonly buckets: readonly Slot<Bucket>[];
  readonly held: readonly Slot<Held>[];
  readonly collected: Changes["collected"];
}

/** Returns the memory that begins with what was stored. */
export function memoryOf({ buckets, held, collected }: Remembered = { buckets: [], held: [], collected: [] }): Memory {
  const slots = changing<Bucket | null>(buckets);
  const expected = changing<Held>(held);
  const firings = changing<readonly Firing[]>(
    collected.map(({ trigger_id, firings: value }) => ({ trigger_id, key: "", value })),
  );
  return {
    bucket: (id, key) => slots.get(id, key) ?? null,
    setBucket: slots.set,
    held: (id, key) => expected.get(id, key) ?? [],
    setHeld: expected.set,
    collected: (id) => firings.get(id, "") ?? [],
    setCollected: (id, value) => firings.set(id, "", value),
    changes: () => ({
      buckets: slots.changed(),
      held: expected.changed(),
      collected: firings.changed().map(({ trigger_id, value }) => ({ trigger_id, firings: value })),
    }),
  };
}

const isEmpty = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

function changing<T>(slots: readonly Slot<T>[]) {
  const placeOf = (id: string, key: string) => `${id} ${key}`;
  const stored = new Map(slots.map((slot) => [placeOf(slot.trigger_id, slot.key), slot]));
  const values = new Map(stored);
  const changed = new Map<string, Slot<T>>();
  return {
    get: (id: string, key: string): T | undefined => values.get(placeOf(id, key))?.value,
    set: (trigger_id: string, key: string, value: T): void => {
      const slot = { trigger_id, key, value };
      values.set(placeOf(trigger_id, key), slot);
      changed.set(placeOf(trigger_id, key), slot);
    },
    // What was made and went within the fold was never stored.
    changed: () => [...changed.values()].filter((slot) => !isEmpty(slot.value) || stored.has(placeOf(slot.trigger_id, slot.key))),
  };
}

import { expect } from "vitest";
import { memoryOf, type Remembered } from "../../../src/domain/automations/memory.ts";
import { inOrder } from "../../../src/domain/automations/ordering.ts";
import type { StoredEvent } from "../../../src/domain/automations/stored-event.ts";
import {
  evaluateAll,
  evaluateAllDue,
  type History,
  historyOf,
  stampsFrom,
  storedAt,
  type Told,
} from "../../support/automation-histories.ts";
import { second } from "../../support/evaluation.ts";
import { type Random, randomOf } from "../../support/random.ts";

const later = storedAt + 3600 * second;

/** Evaluates a history at once, one event after the other: what all other ways have to come to. */
function inOneGo({ automations, events }: History): Told[] {
  const memory = memoryOf();
  const stamps = stampsFrom(storedAt);
  const told = events.flatMap((event) => evaluateAll(automations, event, memory, stamps));
  return [...told, ...evaluateAllDue(automations, later, memory, stamps)];
}

/** What evaluators share: each commit replaces it, if it is still the one that was read. */
interface Stored {
  readonly version: number;
  readonly position: number;
  readonly remembered: Remembered;
  readonly waiting: readonly string[];
  readonly told: readonly Told[];
}

/** Evaluates what has arrived by three evaluators that read, decide and commit at random moments; some do not hear of their commit. */
function byThree({ automations }: Pick<History, "automations">, arrived: readonly StoredEvent[], random: Random): Told[] {
  let stored = JSON.stringify({
    version: 0,
    position: 0,
    remembered: { buckets: [], held: [], collected: [] },
    waiting: [],
    told: [],
  });
  const current = (): Stored => JSON.parse(stored);
  const reads: (Stored | null)[] = [null, null, null];
  for (let steps = 0; current().position < arrived.length; steps++) {
    expect(steps).toBeLessThan(10_000);
    const who = random.below(3);
    const read = reads[who] ?? null;
    if (read === null) reads[who] = current();
    else {
      const next = decide(automations, read, arrived, random);
      if (current().version === read.version) stored = JSON.stringify(next);
      // An evaluator whose answer was lost decides the same again, and is refused.
      reads[who] = random.chance(0.2) ? read : null;
    }
  }
  const last = current();
  expect(last.waiting).toEqual([]);
  const memory = memoryOf({ buckets: [], held: [], collected: [] });
  for (const { trigger_id, key, value } of last.remembered.buckets) memory.setBucket(trigger_id, key, value);
  for (const { trigger_id, key, value } of last.remembered.held) memory.setHeld(trigger_id, key, value);
  for (const { trigger_id, firings } of last.remembered.collected) memory.setCollected(trigger_id, firings);
  return [...last.told, ...evaluateAllDue(automations, later, memory, stampsFrom(storedAt + second))];
}

function decide(automations: History["automations"], read: Stored, arrived: readonly StoredEvent[], random: Random): Stored {
  const position = Math.min(read.position + 1 + random.below(5), arrived.length);
  const seen = new Set(arrived.slice(0, read.position).map(({ id }) => id));
  const arrival = (event: StoredEvent) => ({
    ...event,
    isSettled: event.follows !== null && seen.has(event.follows) && !read.waiting.includes(event.follows),
  });
  const waited = arrived.filter(({ id }, i) => i < read.position && read.waiting.includes(id)).map(arrival);
  const { evaluated, waiting } = inOrder(arrived.slice(read.position, position).map(arrival), waited, storedAt + second);
  const memory = memoryOf(read.remembered);
  const stamps = stampsFrom(storedAt + read.version);
  const told = evaluated.flatMap((event) => evaluateAll(automations, event, memory, stamps));
  return {
    version: read.version + 1,
    position,
    remembered: remember(read.remembered, memory.changes()),
    waiting: waiting.map(({ id }) => id),
    told: [...read.told, ...told],
  };
}

function remember(
  before: Remembered,
  { buckets, held, collected }: ReturnType<ReturnType<typeof memoryOf>["changes"]>,
): Remembered {
  const others = <T extends { trigger_id: string; key: string }>(
    all: readonly T[],
    changed: readonly { trigger_id: string; key: string }[],
  ) => all.filter((one) => !changed.some(({ trigger_id, key }) => trigger_id === one.trigger_id && key === one.key));
  const changedIds = new Set(collected.map(({ trigger_id }) => trigger_id));
  return {
    buckets: [
      ...others(before.buckets, buckets),
      ...buckets.flatMap(({ trigger_id, key, value }) => (value === null ? [] : [{ trigger_id, key, value }])),
    ],
    held: [...others(before.held, held), ...held],
    collected: [...before.collected.filter(({ trigger_id }) => !changedIds.has(trigger_id)), ...collected],
  };
}

export const shuffled = <T>(list: readonly T[], random: Random): T[] =>
  list
    .map((one) => ({ one, place: random.below(1_000_000) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ one }) => one);

/** Holds the firings of a seed's history to each other: at once, by racing evaluators, and in a random order of arrival. */
export function simulate(seed: number): number {
  const random = randomOf(seed);
  const free = historyOf(random, { events: 30, isLinked: false });
  const expected = inOneGo(free);
  expect(byThree(free, free.events, random), `seed ${seed}`).toEqual(expected);
  const linked = historyOf(random, { events: 20, isLinked: true });
  const ordered = inOneGo(linked);
  expect(byThree(linked, shuffled(linked.events, random), random), `seed ${seed}, linked`).toEqual(ordered);
  return expected.length + ordered.length;
}

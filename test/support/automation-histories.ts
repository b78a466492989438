import { evaluateEvent, evaluateProactively } from "../../src/domain/automations/evaluate.ts";
import type { Firing } from "../../src/domain/automations/firing.ts";
import { leavesOf } from "../../src/domain/automations/leaves.ts";
import type { Memory } from "../../src/domain/automations/memory.ts";
import type { StoredEvent } from "../../src/domain/automations/stored-event.ts";
import type { Stamps } from "../../src/domain/surroundings.ts";
import type { Trigger } from "../../src/schemas/automations/triggers.ts";
import type { AutomationRow } from "../../src/store/tables/automations.ts";
import { automationRow, compound, on, second, sequence } from "./evaluation.ts";
import type { Random } from "./random.ts";

/** Automations and the events that they are evaluated for, in their order. */
export interface History {
  readonly automations: readonly AutomationRow[];
  readonly events: readonly StoredEvent[];
}

const names = ["a", "b", "c", "it.began", "it.ended"];
const patterns = [...names, "it.*", "*", "it.*ed", "!a", "i?"];

/** When histories are stored: long after their events. */
export const storedAt = 1_900_000_000 * second;

const uuidOf = (random: Random): string => {
  const digits = (count: number) => Array.from({ length: count }, () => random.below(16).toString(16)).join("");
  return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
};

/** Returns random automations and events; of events that are linked each follows the one before it. */
export function historyOf(
  random: Random,
  { events, isLinked }: { readonly events: number; readonly isLinked: boolean },
): History {
  const automations = Array.from({ length: 1 + random.below(4) }, () =>
    automationRow(triggerOf(random, 0), { id: uuidOf(random), name: "simulated" }),
  );
  let before: string | null = null;
  const made = Array.from({ length: events }, () => {
    const event = randomEvent(random, isLinked ? before : null);
    before = event.id;
    return event;
  });
  return { automations: automations.toSorted((a, b) => (a.id < b.id ? -1 : 1)), events: made };
}

function triggerOf(random: Random, depth: number): Trigger {
  const kind = depth > 1 ? 9 : random.below(10);
  const children = () => Array.from({ length: 1 + random.below(3) }, () => triggerOf(random, depth + 1));
  const within = random.chance(0.5) ? null : 1_000_000;
  if (kind < 2) return { ...sequence(children(), within), id: uuidOf(random) };
  if (kind < 4) {
    const triggers = children();
    const require = random.one(["any", "all", 1 + random.below(triggers.length)] as const);
    return { ...compound(require, triggers, within), id: uuidOf(random) };
  }
  const isProactive = random.chance(0.4);
  const after = random.chance(isProactive ? 0.8 : 0.3) ? random.some(patterns, 2) : [];
  return on([...new Set(random.some(patterns, 3))], {
    id: uuidOf(random),
    match: random.chance(0.6)
      ? { "prefect.resource.id": "thing.*" }
      : { "prefect.resource.id": ["thing.1", "thing.2"], color: "!red" },
    match_related: random.chance(0.8) ? {} : { "prefect.resource.role": "team" },
    after: [...new Set(after)],
    for_each: random.chance(0.5)
      ? []
      : random.chance(0.5)
        ? ["prefect.resource.id"]
        : ["color", "related:team:prefect.resource.id"],
    posture: isProactive ? "Proactive" : "Reactive",
    threshold: random.below(4),
    within: isProactive ? 10 + random.below(3) * 20 : random.one([0, 0, 5, 30]),
  });
}

function randomEvent(random: Random, follows: string | null): StoredEvent {
  const color: Record<string, string> = random.chance(0.3) ? {} : { color: random.one(["red", "blue"]) };
  const team = { "prefect.resource.id": `team.${random.below(2)}`, "prefect.resource.role": "team" };
  return {
    id: uuidOf(random),
    occurred: storedAt - 3600 * second + random.below(120) * second,
    received: storedAt,
    event: random.one(names),
    resource: { "prefect.resource.id": `thing.${random.below(3)}`, ...color },
    related: random.chance(0.5) ? [team] : [],
    payload: {},
    follows,
  };
}

/** A firing as far as it is the same each time: of which automation, for which events and labels. */
export type Told = readonly [automation: string, firing: unknown];

const essence = ({ trigger, triggering_labels, triggering_event, triggering_firings }: Firing): unknown => [
  trigger.id,
  triggering_labels,
  triggering_event?.id ?? null,
  triggering_firings.map(essence),
];

export const tell = (automation: string, firing: Firing): Told => [automation, essence(firing)];

/** Returns stamps whose clock and ids count on. */
export function stampsFrom(start: number): Stamps {
  let time = start;
  return { now: () => ++time, newId: () => String(++time) };
}

/** Evaluates an event for all automations as they come. */
export const evaluateAll = (automations: readonly AutomationRow[], event: StoredEvent, memory: Memory, stamps: Stamps): Told[] =>
  automations.flatMap((automation) =>
    leavesOf(automation.trigger).flatMap((leaf) =>
      evaluateEvent(leaf, event, { memory, stamps }).map((firing) => tell(automation.id, firing)),
    ),
  );

/** Evaluates the Proactive triggers of automations at a time, for the keys that were seen. */
export const evaluateAllDue = (automations: readonly AutomationRow[], at: number, memory: Memory, stamps: Stamps): Told[] =>
  automations.flatMap((automation) =>
    leavesOf(automation.trigger).flatMap((leaf) => {
      if (leaf.trigger.posture !== "Proactive") return [];
      const buckets = memory
        .changes()
        .buckets.filter(({ trigger_id, value }) => trigger_id === leaf.trigger.id && value !== null);
      const byStart = buckets.toSorted((a, b) => (a.value?.start ?? 0) - (b.value?.start ?? 0) || (a.key < b.key ? -1 : 1));
      const keys = byStart.map(({ key }) => key);
      return evaluateProactively(leaf, keys, at, { memory, stamps }).firings.map((firing) => tell(automation.id, firing));
    }),
  );

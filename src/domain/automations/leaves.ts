import type { EventTrigger, Trigger } from "../../schemas/automations/triggers.ts";
import type { CompositeTrigger } from "./composite.ts";

/** An event trigger of an automation, with the composite triggers above it, the next one first. */
export interface Leaf {
  readonly trigger: EventTrigger;
  readonly parents: readonly CompositeTrigger[];
}

/** Returns the event triggers within a trigger. */
export const leavesOf = (trigger: Trigger, parents: readonly CompositeTrigger[] = []): Leaf[] =>
  trigger.type === "event" ? [{ trigger, parents }] : trigger.triggers.flatMap((child) => leavesOf(child, [trigger, ...parents]));

/** Returns the ids of a trigger and of all within it. */
export const triggerIds = (trigger: Trigger): string[] => [
  trigger.id,
  ...(trigger.type === "event" ? [] : trigger.triggers.flatMap(triggerIds)),
];

/** Returns whether what a trigger does with an event depends on earlier ones, or is remembered for later ones. */
export const hasMemory = ({ trigger, parents }: Leaf): boolean =>
  parents.length > 0 ||
  trigger.posture === "Proactive" ||
  trigger.after.length > 0 ||
  trigger.within > 0 ||
  trigger.threshold > 1;

import { formatTime, fromSecondsDuration, parseTime } from "../../lib/time.ts";
import type { CompoundTrigger, SequenceTrigger, Trigger } from "../../schemas/automations/triggers.ts";
import type { Stamps } from "../surroundings.ts";
import type { Firing } from "./firing.ts";
import type { Memory } from "./memory.ts";

export type CompositeTrigger = CompoundTrigger | SequenceTrigger;

/**
 * Hands a firing on to the composite triggers above, the next one first; returns the firing of the outermost, null where one of them waits
 * for more (`prefect/server/events/triggers.py evaluate_composite_trigger`).
 */
export function handUp(
  child: Firing,
  parents: readonly CompositeTrigger[],
  { memory, stamps }: { readonly memory: Memory; readonly stamps: Stamps },
): Firing | null {
  let firing = child;
  for (const parent of parents) {
    const firings = neededFirings(parent) === 1 ? [firing] : collect(parent, firing, memory);
    if (firings === null) return null;
    firing = firingOf(parent, { firings, event: firing.triggering_event, labels: {} }, stamps);
  }
  return firing;
}

const neededFirings = (trigger: CompositeTrigger): number => {
  if (trigger.type === "sequence" || trigger.require === "all") return trigger.triggers.length;
  return trigger.require === "any" ? 1 : trigger.require;
};

// A repeated firing of a trigger takes the place of the earlier one, at the end of the order.
function collect(parent: CompositeTrigger, firing: Firing, memory: Memory): readonly Firing[] | null {
  const oldest = parent.within === null ? null : timeOf(firing) - fromSecondsDuration(parent.within);
  const others = memory
    .collected(parent.id)
    .filter((one) => one.trigger.id !== firing.trigger.id && (oldest === null || timeOf(one) >= oldest));
  const firings = [...others, firing];
  const isComplete = isReady(parent, firings);
  memory.setCollected(parent.id, isComplete ? [] : firings);
  return isComplete ? firings : null;
}

const isReady = (parent: CompositeTrigger, firings: readonly Firing[]): boolean =>
  firings.length >= neededFirings(parent) &&
  (parent.type === "compound" || firings.every(({ trigger }, i) => trigger.id === parent.triggers[i]?.id));

const timeOf = ({ triggered }: Firing): number => parseTime(triggered) ?? 0;

/** Returns the firing of a trigger now. */
export const firingOf = (
  trigger: Trigger,
  {
    firings,
    event,
    labels,
  }: {
    readonly firings: readonly Firing[];
    readonly event: Firing["triggering_event"];
    readonly labels: Firing["triggering_labels"];
  },
  { now, newId }: Stamps,
): Firing => ({
  id: newId(),
  trigger,
  trigger_states: ["Triggered"],
  triggered: formatTime(now()),
  triggering_labels: labels,
  triggering_firings: firings,
  triggering_event: event,
});

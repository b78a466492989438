import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import type { Stamps } from "../surroundings.ts";
import { type Evaluation, evaluateAt, evaluateForEvent } from "./bucket.ts";
import { firingOf, handUp } from "./composite.ts";
import { covers } from "./coverage.ts";
import type { Firing } from "./firing.ts";
import { countHeld, holdsEvents } from "./held-events.ts";
import { bucketKey, onlyKey, triggeringLabels } from "./keys.ts";
import type { Leaf } from "./leaves.ts";
import type { Memory } from "./memory.ts";
import type { StoredEvent } from "./stored-event.ts";

interface Fold {
  readonly memory: Memory;
  readonly stamps: Stamps;
}

/** Evaluates an event trigger for an event; returns the firings of the automation. Nothing happens where it does not cover the event. */
export function evaluateEvent(leaf: Leaf, event: StoredEvent, fold: Fold): Firing[] {
  if (!covers(leaf.trigger, event)) return [];
  const { evaluation, firings } = evaluationOf(leaf, bucketKey(leaf.trigger, event), fold);
  evaluateForEvent(evaluation, event);
  return firings;
}

function evaluationOf(leaf: Leaf, key: string, { memory, stamps }: Fold): { evaluation: Evaluation; firings: Firing[] } {
  const { trigger, parents } = leaf;
  const firings: Firing[] = [];
  const fire: Evaluation["fire"] = (event) => {
    const own = firingOf(trigger, { firings: [], event, labels: triggeringLabels(trigger, key) }, stamps);
    const outermost = handUp(own, parents, { memory, stamps });
    if (outermost !== null) firings.push(outermost);
  };
  return { evaluation: { trigger, key, memory, fire }, firings };
}

export interface ProactiveOutcome {
  readonly firings: readonly Firing[];
  /** When the trigger is to be evaluated again, as far as these buckets tell. */
  readonly due: Micros;
}

/**
 * Evaluates a Proactive trigger at a time, for the keys whose windows may have ended
 * (`prefect/server/events/triggers.py proactive_evaluation`).
 */
export function evaluateProactively(leaf: Leaf, keys: readonly string[], at: Micros, fold: Fold): ProactiveOutcome {
  const { trigger } = leaf;
  const { memory } = fold;
  const within = fromSecondsDuration(trigger.within);
  const firings: Firing[] = [];
  let due = at + within;
  if (trigger.for_each.length === 0 && memory.bucket(trigger.id, onlyKey) === null) {
    const count = holdsEvents(trigger) ? countHeld(memory.held(trigger.id, onlyKey), at, at + within) : 0;
    memory.setBucket(trigger.id, onlyKey, { start: at, end: at + within, count, last: null });
  }
  for (const key of new Set(trigger.for_each.length === 0 ? [onlyKey, ...keys] : keys)) {
    const bucket = memory.bucket(trigger.id, key);
    if (bucket === null) continue;
    if (bucket.count >= trigger.threshold) {
      memory.setBucket(trigger.id, key, null);
      continue;
    }
    const { evaluation, firings: made } = evaluationOf(leaf, key, fold);
    const following = evaluateAt(evaluation, bucket, at);
    firings.push(...made);
    if (following !== null && at < following.end) due = Math.min(due, following.end);
  }
  return { firings, due };
}

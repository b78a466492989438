import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import type { EventTrigger } from "../../schemas/automations/triggers.ts";
import { expects, startsAfter } from "./coverage.ts";
import type { SeenEvent } from "./firing.ts";
import { countHeld, holdEvent, holdsEvents } from "./held-events.ts";
import type { Bucket, Held, Memory } from "./memory.ts";
import type { StoredEvent } from "./stored-event.ts";
import { wireEvent } from "./stored-event.ts";

/** How far the first window of a trigger reaches back. */
const lookback: Micros = fromSecondsDuration(15 * 60);

/** An evaluation of a trigger for one key. */
export interface Evaluation {
  readonly trigger: EventTrigger;
  readonly key: string;
  readonly memory: Memory;
  /** Called for each firing with the event that it carries. */
  readonly fire: (event: SeenEvent | null) => void;
}

/** Evaluates a trigger for an event that it covers (`prefect/server/events/triggers.py reactive_evaluation`). */
export function evaluateForEvent(evaluation: Evaluation, event: StoredEvent): void {
  const { trigger, key, memory } = evaluation;
  const bucket = bucketFor(evaluation, event);
  if (!expects(trigger, event.event)) return;
  if (bucket !== null) memory.setBucket(trigger.id, key, next(evaluation, bucket, event.occurred, event));
}

function bucketFor({ trigger, key, memory }: Evaluation, event: StoredEvent): Bucket | null {
  const open = (bucket: Bucket): Bucket => {
    const known = memory.bucket(trigger.id, key);
    if (known !== null) return known;
    memory.setBucket(trigger.id, key, bucket);
    return bucket;
  };
  const { occurred } = event;
  const end = occurred + fromSecondsDuration(trigger.within);
  const isExpected = expects(trigger, event.event);
  const last = lastEvent(trigger, event);
  if (startsAfter(trigger, event.event)) {
    // The event that opens the window is not one of those that are expected in it, though it may count as one below.
    const count = (isExpected ? -1 : 0) + heldBetween(trigger, memory.held(trigger.id, key), occurred, end);
    return open({ start: occurred, end, count, last });
  }
  if (trigger.after.length === 0) return isExpected ? open({ start: occurred - lookback, end, count: 0, last }) : null;
  if (isExpected && holdsEvents(trigger))
    memory.setHeld(trigger.id, key, holdEvent(trigger, memory.held(trigger.id, key), occurred));
  return memory.bucket(trigger.id, key);
}

const heldBetween = (trigger: EventTrigger, held: Held, start: Micros, end: Micros): number =>
  holdsEvents(trigger) ? countHeld(held, start, end) : 0;

// A Reactive trigger fires with the event that it is evaluated for.
const lastEvent = ({ posture }: EventTrigger, event: StoredEvent): SeenEvent | null =>
  posture === "Proactive" ? wireEvent(event) : null;

/** Evaluates a bucket at a time without an event. */
export function evaluateAt(evaluation: Evaluation, bucket: Bucket, at: Micros): Bucket | null {
  const made = next(evaluation, bucket, at, null);
  evaluation.memory.setBucket(evaluation.trigger.id, evaluation.key, made);
  return made;
}

/** Returns the bucket that follows one at a time, null for none (`prefect/server/events/triggers.py evaluate`). */
function next(evaluation: Evaluation, before: Bucket, at: Micros, event: StoredEvent | null): Bucket | null {
  const { trigger, fire } = evaluation;
  const { after, threshold } = trigger;
  const isReactive = trigger.posture === "Reactive";
  const within = fromSecondsDuration(trigger.within);
  if (at < before.start) return before;
  const isSpent = event !== null && ((isReactive && within === 0) || at < before.end);
  const bucket = isSpent ? { ...before, count: before.count + 1, last: lastEvent(trigger, event) } : before;
  const meets = isReactive ? bucket.count >= threshold : bucket.count < threshold;
  if (meets && (isReactive || bucket.end <= at)) fire(event === null ? bucket.last : wireEvent(event));
  else if (at < bucket.end) return event !== null && !isReactive && !meets ? rolled(evaluation, before, bucket, event) : bucket;
  else if (within === 0 && after.length === 0) return bucket;
  if (after.length > 0 || within === 0) return null;
  const start = Math.max(bucket.end, at);
  const isLeft = event !== null && !isSpent;
  const opened = { start, end: start + within, count: isLeft && !isReactive ? 1 : 0, last: null };
  return isLeft && isReactive ? next(evaluation, opened, at, event) : opened;
}

// Heartbeats: an event that is expected and starts, too, opens the next window when its own is satisfied.
function rolled({ trigger, key, memory }: Evaluation, before: Bucket, bucket: Bucket, event: StoredEvent): Bucket {
  if (!startsAfter(trigger, event.event)) return bucket;
  const start = event.occurred;
  const end = start + fromSecondsDuration(trigger.within);
  const count = heldBetween(trigger, memory.held(trigger.id, key), start, end);
  return { start, end, count, last: isNewer(trigger, before.last, event) ? before.last : wireEvent(event) };
}

const isNewer = (trigger: EventTrigger, last: SeenEvent | null, event: StoredEvent): boolean =>
  last !== null &&
  expects(trigger, last.event) &&
  !startsAfter(trigger, last.event) &&
  last.occurred >= wireEvent(event).occurred;

import { evaluationTime } from "../domain/automations/clock.ts";
import { evaluateProactively } from "../domain/automations/evaluate.ts";
import { onlyKey } from "../domain/automations/keys.ts";
import { leavesOf } from "../domain/automations/leaves.ts";
import { memoryOf } from "../domain/automations/memory.ts";
import { fromSecondsDuration, type Micros } from "../lib/time.ts";
import { type DueTrigger, readDue, readEnded, readSweep } from "../store/automation-evaluation/read.ts";
import { commitDue, sweepBuckets } from "../store/automation-evaluation/write.ts";
import { type EvaluationDeps, thresholds } from "./evaluate-automations.ts";
import { fired } from "./evaluation/firings.ts";

/** The most triggers and windows of a step. */
const mostTriggers = 50;
const mostWindows = 250;
/** A trigger is due again after this time at least: the clock of events may lag. */
const shortestPause = fromSecondsDuration(1);

/**
 * Evaluates the Proactive triggers that were due at a time: two round trips that read, and one that commits unless another evaluator was
 * faster. Returns whether more are due. Belongs behind the evaluation of the events that have come: one of them may be the expected one.
 */
export async function evaluateDueTriggers(deps: EvaluationDeps, dueBefore: Micros): Promise<boolean> {
  const { cursor, due } = await readDue(deps.db, { now: dueBefore, limit: mostTriggers });
  if (due.length === 0) return false;
  const now = deps.now();
  const at = evaluationTime(cursor.clock, now);
  const watched = due.flatMap(leafOf).toSorted((a, b) => a.place - b.place);
  const triggers = watched.map(({ leaf }) => leaf.trigger.id);
  const { remembered, next, last } = await readEnded(deps.db, {
    triggers,
    at,
    limit: mostWindows,
    slots: watched.flatMap(({ leaf: { trigger } }) => (trigger.for_each.length === 0 ? [[trigger.id, onlyKey] as const] : [])),
    composites: [...new Set(watched.flatMap(({ leaf }) => leaf.parents.map(({ id }) => id)))],
  });
  const memory = memoryOf(remembered);
  const byStart = remembered.buckets.toSorted((a, b) => a.value.start - b.value.start || (a.key < b.key ? -1 : 1));
  const keys = Map.groupBy(byStart, ({ trigger_id }) => trigger_id);
  const outcomes = watched.map(({ automation, leaf }) => {
    const { id } = leaf.trigger;
    const outcome = evaluateProactively(leaf, keys.get(id)?.map(({ key }) => key) ?? [], at, { memory, stamps: deps });
    // The windows that were not read follow at once.
    const isPart = last !== null && triggers.indexOf(id) >= triggers.indexOf(last);
    const following = Math.max(Math.min(outcome.due, next.get(id) ?? outcome.due), now + shortestPause);
    return {
      due: { trigger_id: id, due: isPart ? 0 : following },
      made: outcome.firings.map((firing) => fired(deps, automation, firing)),
    };
  });
  const made = outcomes.flatMap((outcome) => outcome.made);
  const evaluated = {
    changes: memory.changes(),
    proactive: thresholds(watched.map(({ leaf }) => leaf)),
    firings: made.map(({ firing }) => firing),
    events: made.map(({ event }) => event),
    now,
  };
  await commitDue(
    deps.db,
    cursor,
    evaluated,
    outcomes.map((outcome) => outcome.due),
  );
  return watched.length > 0;
}

const leafOf = ({ trigger_id, automation }: DueTrigger) =>
  leavesOf(automation.trigger)
    .map((leaf, place) => ({ automation, leaf, place }))
    .filter(({ leaf }) => leaf.trigger.id === trigger_id);

/** The most buckets that one tick deletes of each kind. */
const mostSwept = 1_000;

/** Deletes what is over; behind the evaluation of all that is due, which may fire by it. */
export async function sweepAutomations({ db, now }: Pick<EvaluationDeps, "db" | "now">): Promise<void> {
  const time = now();
  const { cursor, isNeeded } = await readSweep(db, time);
  if (isNeeded) await sweepBuckets(db, { at: evaluationTime(cursor.clock, time), now: time, limit: mostSwept });
}

import type { Deps } from "../deps.ts";
import { advanced } from "../domain/automations/clock.ts";
import { evaluateEvent } from "../domain/automations/evaluate.ts";
import { bucketKey } from "../domain/automations/keys.ts";
import { hasMemory, type Leaf, leavesOf } from "../domain/automations/leaves.ts";
import { memoryOf } from "../domain/automations/memory.ts";
import { inOrder } from "../domain/automations/ordering.ts";
import type { StoredEvent } from "../domain/automations/stored-event.ts";
import { tellsOfFiring } from "../domain/automations/triggered-event.ts";
import type { Micros } from "../lib/time.ts";
import { type Arrived, type Next, readContents, readMemory, readNext } from "../store/automation-evaluation/read.ts";
import { commitEvents, type Evaluated } from "../store/automation-evaluation/write.ts";
import { DatabaseUnavailable } from "../store/client.ts";
import type { AutomationRow } from "../store/tables/automations.ts";
import { fired } from "./evaluation/firings.ts";
import { mostCandidates, type Portion, portionOf } from "./evaluation/portion.ts";

export type EvaluationDeps = Pick<Deps, "db" | "now" | "newId" | "log" | "evaluation">;

/** What one step has come to. `unwatched`: no automation is enabled; `due`: the events are evaluated, and Proactive triggers are due. */
export type Step = "unwatched" | "caught_up" | "due" | "more";

/** The most events of a step. */
const mostEvents = 500;
/** The most triggers of a step; where that was too much for the database, few of one event. */
const mostPairs = 250;
/** Events that concern nothing are passed without a write until the cursor lags so far behind. */
const mostPassed = 2_000;

/**
 * Evaluates the next events for all automations: up to three round trips that read, and one that commits the firings, what triggers
 * remember and the cursor together, unless another evaluator was faster. Where nothing is concerned it is one round trip.
 */
export async function evaluateNextEvents(deps: EvaluationDeps, limit = mostEvents): Promise<Step> {
  try {
    return await step(deps, limit, true);
  } catch (error) {
    if (error instanceof DatabaseUnavailable) throw error;
    // Whatever is wrong with an event, those behind it must not wait for ever.
    deps.log("error", { event: "automations not evaluated", events: limit, error: String(error) });
    return limit > 1 ? evaluateNextEvents(deps, 1) : step(deps, 1, false);
  }
}

async function step(deps: EvaluationDeps, limit: number, isEvaluated: boolean): Promise<Step> {
  const now = deps.now();
  const next = await readNext(deps.db, { passed: deps.evaluation.passed, now, limit, mostCandidates });
  const { cursor } = next;
  deps.evaluation.due = next.due;
  if (!cursor.isWatched) return "unwatched";
  const portion = portionOf(isEvaluated ? next : { ...next, candidates: [] }, limit === 1 ? 10 : mostPairs);
  const end = next.due !== null && next.due <= now ? "due" : "caught_up";
  if (next.last === null && portion.waited.length === 0) return end;
  const isAll = portion.isWhole && (next.last?.count ?? 0) < limit;
  const ordered = inOrder(portion.fresh, portion.waited, now);
  if (isPassed(next, portion, ordered)) {
    deps.evaluation.passed = { position: portion.position, version: cursor.version };
    return isAll ? end : "more";
  }
  const outcome = await evaluated(deps, ordered.evaluated, portion);
  const isCommitted = await commitEvents(deps.db, cursor, { ...outcome, now }, advance(next, portion, ordered, now));
  const isDone = outcome.events.length === 0 && (outcome.proactive.size === 0 || outcome.changes.buckets.length === 0);
  return isAll && isCommitted && isDone ? end : "more";
}

type Ordered = ReturnType<typeof inOrder<Arrived>>;

function isPassed({ cursor }: Next, portion: Portion, { evaluated: done, waiting }: Ordered): boolean {
  return (
    done.every(({ position, hasWaited }) => !hasWaited && !portion.candidates.has(position)) &&
    waiting.every(({ hasWaited }) => hasWaited) &&
    cursor.automation_id === "" &&
    portion.automation_id === "" &&
    portion.position - cursor.position < mostPassed
  );
}

function advance({ cursor, last }: Next, portion: Portion, { evaluated: done, waiting }: Ordered, now: Micros) {
  const newest = portion.isWhole ? last?.occurred : portion.fresh.at(-1)?.occurred;
  // An event with more automations than fit, which waits for the one that it follows: all of them are evaluated later.
  const isParked = portion.automation_id !== "" && done.length === 0;
  return {
    position: isParked ? portion.position + 1 : portion.position,
    automation_id: isParked ? "" : portion.automation_id,
    clock: newest === undefined ? cursor.clock : advanced(cursor.clock, newest, now),
    waiting: waiting
      .filter(({ hasWaited }) => !hasWaited)
      .map(({ id, position, follows, received }) => ({ event_id: id, position, leader: follows ?? "", received })),
    evaluated: portion.automation_id === "" ? done.map(({ id }) => id) : [],
  };
}

interface Pair {
  readonly automation: AutomationRow;
  readonly leaf: Leaf;
  readonly event: StoredEvent;
}

/**
 * Evaluates events in their order, each for the triggers that it may concern. Loops end: what an automation has caused by firing does not
 * have it fire again.
 */
async function evaluated(deps: EvaluationDeps, events: readonly Arrived[], portion: Portion): Promise<Omit<Evaluated, "now">> {
  const pairs = await pairsOf(deps, events, portion);
  const remembering = pairs.filter(({ leaf }) => hasMemory(leaf));
  const memory = memoryOf(
    await readMemory(deps.db, {
      slots: distinct(remembering.map(({ leaf: { trigger }, event }) => [trigger.id, bucketKey(trigger, event)] as const)),
      composites: [...new Set(remembering.flatMap(({ leaf }) => leaf.parents.map(({ id }) => id)))],
    }),
  );
  const made = pairs.flatMap(({ automation, leaf, event }) =>
    evaluateEvent(leaf, event, { memory, stamps: deps }).map((firing) => fired(deps, automation, firing)),
  );
  return {
    changes: memory.changes(),
    proactive: thresholds(remembering.map(({ leaf }) => leaf)),
    firings: made.map(({ firing }) => firing),
    events: made.map(({ event }) => event),
  };
}

const distinct = <T extends readonly string[]>(list: readonly T[]): T[] => [
  ...new Map(list.map((one) => [JSON.stringify(one), one])).values(),
];

/** Returns the thresholds of Proactive triggers by their ids. */
export const thresholds = (leaves: readonly Leaf[]): ReadonlyMap<string, number> =>
  new Map(leaves.flatMap(({ trigger }) => (trigger.posture === "Proactive" ? [[trigger.id, trigger.threshold] as const] : [])));

async function pairsOf({ db }: EvaluationDeps, events: readonly Arrived[], { candidates }: Portion): Promise<Pair[]> {
  const concerned = events.filter(({ position }) => candidates.has(position));
  if (concerned.length === 0) return [];
  const contents = await readContents(db, {
    positions: concerned.map(({ position }) => position),
    caused: concerned.filter(({ event }) => tellsOfFiring(event)).map(({ position }) => position),
    automations: [
      ...new Set(concerned.flatMap(({ position }) => candidates.get(position)?.map(({ automation_id }) => automation_id) ?? [])),
    ],
  });
  const all = contents.automations.flatMap((automation) => leavesOf(automation.trigger).map((leaf) => ({ automation, leaf })));
  const triggers = new Map(all.map((one, place) => [one.leaf.trigger.id, { ...one, place }]));
  return concerned.flatMap(({ position }) => {
    const event = contents.events.get(position);
    const causes = contents.causes.get(position);
    if (event === undefined) return [];
    return (candidates.get(position) ?? [])
      .flatMap(({ trigger_id }) => triggers.get(trigger_id) ?? [])
      .filter(({ automation }) => !causes?.has(`prefect.automation.${automation.id}`))
      .toSorted((a, b) => a.place - b.place)
      .map(({ automation, leaf }) => ({ automation, leaf, event }));
  });
}

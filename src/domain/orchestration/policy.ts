import { makeState, type State, type StateProposal, type StateType } from "../states.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Books } from "./bookkeeping.ts";
import type { Consequences, Effect, Policy, Rule, SetStateDetails, SetStateStatus, Verdict } from "./types.ts";

/** A proposal on its way through the rules. */
interface Course<Draft, Changes> {
  readonly run: Draft;
  readonly proposed: State | null;
  readonly status: SetStateStatus;
  readonly details: SetStateDetails;
  readonly traces: readonly Trace<Changes>[];
}

/** What a rule brought about, and the type that it left proposed: it holds only if that is what is written. */
interface Trace<Changes> {
  readonly left: StateType | null;
  readonly consequences: Consequences<Changes>;
}

interface Facts<Draft> extends Surroundings {
  readonly initial_state: State | null;
  readonly draft: Draft;
}

interface Machine<Draft, Changes> {
  readonly merge: (run: Draft, changes: Changes) => Draft;
  readonly keepBooks: (entry: { run: Draft; initial: State | null; state: State }) => Books<Draft>;
}

/** The outcome of the rules and the bookkeeping, before it is put into columns. */
export interface Judgement<Draft> {
  readonly status: SetStateStatus;
  readonly details: SetStateDetails;
  readonly written: State | null;
  readonly run: Draft;
  readonly effects: readonly Effect[];
}

/**
 * Folds a policy's rules over a proposal. What a rule brought with it is dropped when a later rule turned the
 * transition into another one (orchestration.md 2).
 */
export function judge<Context, Draft, Changes>({
  context,
  facts,
  proposal,
  policy,
  machine,
}: {
  context: Context;
  facts: Facts<Draft>;
  proposal: StateProposal;
  policy: Policy<Context, Draft, Changes>;
  machine: Machine<Draft, Changes>;
}): Judgement<Draft> {
  const { initial_state: initial, draft } = facts;
  const proposed = makeState(proposal, { id: facts.newId(), timestamp: facts.now });
  const start: Course<Draft, Changes> = {
    run: draft,
    proposed,
    status: "ACCEPT",
    details: { type: "accept_details" },
    traces: [],
  };
  const course = policy.rules
    .filter((rule) => concerns(rule, initial, proposed))
    .reduce((before, rule) => ask({ rule, context, initial, before, intended: proposed.type, merge: machine.merge }), start);

  const held = course.traces.filter(({ left }) => left === (course.proposed?.type ?? null)).map((trace) => trace.consequences);
  const run = mergeAll(
    draft,
    held.map(({ changes }) => changes),
    machine,
  );
  const books = course.proposed === null ? null : machine.keepBooks({ run, initial, state: course.proposed });
  const counted = mergeAll(
    books?.run ?? run,
    held.map(({ later }) => later),
    machine,
  );
  const written = books?.state ?? null;
  const { status, details } = course;
  const closed =
    written === null
      ? []
      : policy.closings.flatMap((closing) => closing.conclude({ context, run: counted, initial, written, status }) ?? []);
  return {
    status,
    details,
    written,
    run: mergeAll(
      counted,
      closed.map(({ changes }) => changes),
      machine,
    ),
    effects: [...held, ...closed].flatMap(({ effects = [] }) => effects),
  };
}

const concerns = <C, D, X>({ from, to }: Rule<C, D, X>, initial: State | null, proposed: State): boolean =>
  (from === "any" || (initial !== null && from.includes(initial.type))) && (to === "any" || to.includes(proposed.type));

const mergeAll = <Draft, Changes>(
  run: Draft,
  changes: readonly (Changes | undefined)[],
  { merge }: Pick<Machine<Draft, Changes>, "merge">,
): Draft => changes.reduce<Draft>((merged, change) => (change === undefined ? merged : merge(merged, change)), run);

interface Question<Context, Draft, Changes> {
  readonly rule: Rule<Context, Draft, Changes>;
  readonly context: Context;
  readonly initial: State | null;
  readonly before: Course<Draft, Changes>;
  readonly intended: StateType;
  readonly merge: (run: Draft, changes: Changes) => Draft;
}

function ask<C, Draft, Changes>({
  rule,
  context,
  initial,
  before,
  intended,
  merge,
}: Question<C, Draft, Changes>): Course<Draft, Changes> {
  const { proposed, run } = before;
  if (proposed === null || proposed.type !== intended) return before;
  const verdict = rule.apply({ context, run, initial, proposed });
  if (verdict === null) return before;
  const course = { ...before, ...follow(verdict, proposed) };
  if (verdict.kind === "wait" || verdict.kind === "abort") return course;
  const { changes, later, effects } = verdict;
  return {
    ...course,
    run: changes === undefined ? run : merge(run, changes),
    traces: [...before.traces, { left: course.proposed?.type ?? null, consequences: { changes, later, effects } }],
  };
}

function follow<Changes>(verdict: Verdict<Changes>, proposed: State) {
  switch (verdict.kind) {
    case "accept":
      return { proposed: verdict.state ?? proposed };
    case "reject":
      return outcome(verdict.state, "REJECT", { type: "reject_details", reason: verdict.reason });
    case "wait": {
      const { delay_seconds, reason } = verdict;
      return outcome(null, "WAIT", { type: "wait_details", delay_seconds, reason });
    }
    case "abort":
      return outcome(null, "ABORT", { type: "abort_details", reason: verdict.reason });
  }
}

const outcome = (proposed: State | null, status: SetStateStatus, details: SetStateDetails) => ({ proposed, status, details });

import { makeState, type State, type StateProposal, type StateType } from "../states.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Transformed } from "./global-policy.ts";
import type { Consequences, Effect, Policy, Rule, SetStateDetails, SetStateStatus, Verdict } from "./types.ts";

/** The intermediate result while the rules of a policy are applied. */
interface Progress<Draft, Changes> {
  readonly run: Draft;
  readonly proposed: State | null;
  readonly status: SetStateStatus;
  readonly details: SetStateDetails;
  readonly consequences: readonly RuleConsequences<Changes>[];
}

/** The consequences of a rule, and the state type proposed after it: they are dropped unless that type is written. */
interface RuleConsequences<Changes> {
  readonly proposedType: StateType | null;
  readonly consequences: Consequences<Changes>;
}

interface Facts<Draft> extends Surroundings {
  readonly initial_state: State | null;
  readonly draft: Draft;
}

interface RunFunctions<Draft, Changes> {
  readonly merge: (run: Draft, changes: Changes) => Draft;
  readonly applyGlobalPolicy: (entry: { run: Draft; initial: State | null; state: State }) => Transformed<Draft>;
}

/** The outcome of the rules and of the global policy. */
export interface PolicyResult<Draft> {
  readonly status: SetStateStatus;
  readonly details: SetStateDetails;
  readonly written: State | null;
  readonly run: Draft;
  readonly effects: readonly Effect[];
}

interface PolicyInput<Context, Draft, Changes> {
  readonly context: Context;
  readonly facts: Facts<Draft>;
  readonly proposal: StateProposal;
  readonly policy: Policy<Context, Draft, Changes>;
  readonly functions: RunFunctions<Draft, Changes>;
}

/**
 * Applies a policy's rules to a proposal in order. The consequences of a rule are dropped when a later rule changes the proposed
 * type, as the reference cleans up after a rule that "fizzled" (`prefect/server/orchestration/rules.py`).
 */
export function evaluatePolicy<Context, Draft, Changes>({
  context,
  facts,
  proposal,
  policy,
  functions,
}: PolicyInput<Context, Draft, Changes>): PolicyResult<Draft> {
  const { initial_state: initial, draft } = facts;
  const proposed = makeState(proposal, { id: facts.newId(), timestamp: facts.now });
  const initialProgress: Progress<Draft, Changes> = {
    run: draft,
    proposed,
    status: "ACCEPT",
    details: { type: "accept_details" },
    consequences: [],
  };
  const progress = policy.rules
    .filter((rule) => appliesTo(rule, initial, proposed))
    .reduce(
      (before, rule) => applyRule({ rule, context, initial, before, intended: proposed.type, merge: functions.merge }),
      initialProgress,
    );

  const effective = progress.consequences
    .filter(({ proposedType }) => proposedType === (progress.proposed?.type ?? null))
    .map((entry) => entry.consequences);
  const run = mergeAll(
    draft,
    effective.map(({ changes }) => changes),
    functions,
  );
  const transformed = progress.proposed === null ? null : functions.applyGlobalPolicy({ run, initial, state: progress.proposed });
  const changedRun = mergeAll(
    transformed?.run ?? run,
    effective.map(({ later }) => later),
    functions,
  );
  const written = transformed?.state ?? null;
  const { status, details } = progress;
  const concluded =
    written === null
      ? []
      : policy.closings.flatMap((closing) => closing.conclude({ context, run: changedRun, initial, written, status }) ?? []);
  return {
    status,
    details,
    written,
    run: mergeAll(
      changedRun,
      concluded.map(({ changes }) => changes),
      functions,
    ),
    effects: [...effective, ...concluded].flatMap(({ effects = [] }) => effects),
  };
}

const appliesTo = <C, D, X>({ from, to }: Rule<C, D, X>, initial: State | null, proposed: State): boolean =>
  (from === "any" || (initial !== null && from.includes(initial.type))) && (to === "any" || to.includes(proposed.type));

const mergeAll = <Draft, Changes>(
  run: Draft,
  changes: readonly (Changes | undefined)[],
  { merge }: Pick<RunFunctions<Draft, Changes>, "merge">,
): Draft => changes.reduce<Draft>((merged, change) => (change === undefined ? merged : merge(merged, change)), run);

interface RuleCall<Context, Draft, Changes> {
  readonly rule: Rule<Context, Draft, Changes>;
  readonly context: Context;
  readonly initial: State | null;
  readonly before: Progress<Draft, Changes>;
  readonly intended: StateType;
  readonly merge: (run: Draft, changes: Changes) => Draft;
}

function applyRule<C, Draft, Changes>({
  rule,
  context,
  initial,
  before,
  intended,
  merge,
}: RuleCall<C, Draft, Changes>): Progress<Draft, Changes> {
  const { proposed, run } = before;
  if (proposed === null || proposed.type !== intended) return before;
  const verdict = rule.apply({ context, run, initial, proposed });
  if (verdict === null) return before;
  const progress = { ...before, ...progressOf(verdict, proposed) };
  if (verdict.kind === "wait" || verdict.kind === "abort") return progress;
  const { changes, later, effects } = verdict;
  return {
    ...progress,
    run: changes === undefined ? run : merge(run, changes),
    consequences: [
      ...before.consequences,
      { proposedType: progress.proposed?.type ?? null, consequences: { changes, later, effects } },
    ],
  };
}

function progressOf<Changes>(verdict: Verdict<Changes>, proposed: State) {
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

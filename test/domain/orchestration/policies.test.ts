import { describe, expect, it } from "vitest";
import { flowRunPolicies } from "../../../src/domain/orchestration/flow-run-policies.ts";
import { taskRunPolicies } from "../../../src/domain/orchestration/task-run-policies.ts";
import { type StateType, stateTypes } from "../../../src/domain/states.ts";
import reference from "./fixtures/policies-3.9.1.json" with { type: "json" };

/** One of our policies, as far as the reference's lists say something about it. */
interface Ordered {
  readonly rules: readonly {
    readonly name: string;
    readonly from: "any" | readonly StateType[];
    readonly to: "any" | readonly StateType[];
  }[];
  readonly closings: readonly { readonly name: string }[];
}

/** Our policy for each policy of the reference that judges proposals (`prefect/server/orchestration/core_policy.py`). */
const ours: Readonly<Record<string, Ordered>> = {
  BackgroundTaskPolicy: taskRunPolicies.background,
  CoreFlowPolicy: flowRunPolicies.core,
  CoreTaskPolicy: taskRunPolicies.core,
  MarkLateRunsPolicy: flowRunPolicies.late,
  MinimalFlowPolicy: flowRunPolicies.minimal,
  MinimalTaskPolicy: taskRunPolicies.minimal,
};

/** Policies of the reference that stand elsewhere, with the place or the reason. */
const elsewhere: Readonly<Record<string, string>> = {
  ClientSideTaskOrchestrationPolicy: "the reference's server defines it and never uses it",
  GlobalFlowPolicy: "applied to every transition: applyGlobalFlowPolicy and stateColumns, see `placed`",
  GlobalTaskPolicy: "applied to every transition: applyGlobalTaskPolicy and stateColumns, see `placed`",
};

/** The reference's rules and transforms that are no entry of our lists, with the place that does their work. */
const placed: Readonly<Record<string, string>> = {
  // core_policy.py
  InstrumentFlowRunStateTransitions: "events.ts flowRunStateEvent: the event is part of the decision",
  // global_policy.py, flow runs
  EnsureFlowRunStateTimestampIsUnique: "global-policy.ts withUniqueTimestamp",
  UpdateSubflowParentTask: "decide.ts parentTaskRunEffects",
  UpdateSubflowStateDetails: "global-policy.ts applyGlobalFlowPolicy: task_run_id of the state details",
  IncrementFlowRunCount: "global-policy.ts applyGlobalFlowPolicy: run_count",
  RemoveResumingIndicator: "global-policy.ts applyGlobalFlowPolicy: endsResumption",
  // global_policy.py, task runs
  IncrementTaskRunCount: "global-policy.ts applyGlobalTaskPolicy: run_count",
  // global_policy.py, runs of both kinds
  SetRunStateType: "decide.ts stateColumns",
  SetRunStateName: "decide.ts stateColumns",
  SetRunStateTimestamp: "decide.ts stateColumns",
  SetStartTime: "global-policy.ts transformTimes",
  SetEndTime: "global-policy.ts transformTimes",
  IncrementRunTime: "global-policy.ts transformTimes",
  SetExpectedStartTime: "global-policy.ts transformTimes",
  SetNextScheduledStartTime: "global-policy.ts transformTimes",
  UpdateStateDetails: "global-policy.ts applyGlobalFlowPolicy and applyGlobalTaskPolicy: ids in the state details",
};

/** Transforms of the reference that change the proposal before the transition: here they are rules, first in their lists. */
const asRules: ReadonlySet<string> = new Set(["PreserveDeploymentConcurrencyLeaseId"]);

interface Entry {
  readonly name: string;
  readonly kind: string;
}

const unplaced = (entries: readonly Entry[]) => entries.filter(({ name }) => placed[name] === undefined);
const isRule = ({ name, kind }: Entry) => kind === "rule" || asRules.has(name);

const named = (entries: readonly { readonly name: string }[]) => entries.map(({ name }) => name);

const types = (states: "any" | readonly (string | null)[]) =>
  stateTypes.filter((type) => states === "any" || states.includes(type));

describe("the policies carry the names of Prefect 3.9.1", () => {
  it("and none of the reference's policies is unknown", () => {
    expect(Object.keys(reference.policies).sort()).toEqual([...Object.keys(ours), ...Object.keys(elsewhere)].sort());
  });

  it.each(Object.keys(ours))("%s has the reference's rules in their order, then its transforms", (policy) => {
    const theirs = Object.entries(reference.policies).find(([name]) => name === policy)?.[1] ?? [];
    const { rules, closings } = ours[policy] ?? { rules: [], closings: [] };
    expect(named(rules)).toEqual(named(unplaced(theirs).filter(isRule)));
    expect(named(closings)).toEqual(named(unplaced(theirs).filter((entry) => !isRule(entry))));
  });

  it.each(Object.keys(ours))("%s applies its rules to the reference's transitions", (policy) => {
    const theirs = Object.entries(reference.policies).find(([name]) => name === policy)?.[1] ?? [];
    for (const rule of ours[policy]?.rules ?? []) {
      const entry = theirs.find(({ name }) => name === rule.name);
      const { name, from, to } = rule;
      expect({ name, from: types(from), to: types(to) }).toEqual({
        name,
        from: types(entry?.from ?? []),
        to: types(entry?.to ?? []),
      });
      // "any" alone includes a run without a state. Only a run that is being created has none: `minimal` judges its first state.
      if (name !== "SecureFlowConcurrencySlots") expect([name, from === "any"]).toEqual([name, entry?.from.includes(null)]);
    }
  });

  it("and every entry of the global policies has its place elsewhere", () => {
    const all = Object.values(reference.policies).flatMap(named);
    const inLists = Object.values(ours).flatMap(({ rules, closings }) => [...named(rules), ...named(closings)]);
    expect([...new Set(all)].filter((name) => !inLists.includes(name)).sort()).toEqual(Object.keys(placed).sort());
  });
});

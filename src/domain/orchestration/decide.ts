import { copyOf, type State, type StateProposal, withDetails } from "../states.ts";
import { readFlowRunPolicy, readTaskRunPolicy } from "./empirical-policy.ts";
import { flowRunStateEvent } from "./events.ts";
import { type FlowRunPolicyName, flowRunPolicies } from "./flow-run-policies.ts";
import { applyGlobalFlowPolicy, applyGlobalTaskPolicy } from "./global-policy.ts";
import { evaluatePolicy, type PolicyResult } from "./policy.ts";
import { extractResult } from "./results.ts";
import { type TaskRunPolicyName, taskRunPolicies } from "./task-run-policies.ts";
import type {
  Effect,
  FlowRunChanges,
  FlowRunContext,
  FlowRunDecision,
  FlowRunDraft,
  FlowRunUpdate,
  TaskRunChanges,
  TaskRunContext,
  TaskRunDecision,
  TaskRunDraft,
  TaskRunUpdate,
} from "./types.ts";

interface Options<PolicyName> {
  /** Apply the minimal policy. */
  readonly force?: boolean;
  readonly policy?: PolicyName;
}

/** Decides a state proposed for a flow run. For a run that is being created `initial_state` is null and `force` true. */
export function decideFlowRunState(
  context: FlowRunContext,
  proposal: StateProposal,
  { force = false, policy = "core" }: Options<FlowRunPolicyName> = {},
): FlowRunDecision {
  const { run, initial_state, newId } = context;
  const draft: FlowRunDraft = { ...run, empirical_policy: readFlowRunPolicy(run.empirical_policy) };
  const result = evaluatePolicy({
    context,
    facts: { ...context, draft },
    proposal,
    policy: flowRunPolicies[force ? "minimal" : policy],
    functions: { merge: mergeFlowRun, applyGlobalPolicy: (entry) => applyGlobalFlowPolicy(entry, context) },
  });
  const { status, details } = result;
  const extracted = result.written && extractResult(result.written, { flow_run_id: run.id, task_run_id: null }, newId);
  const written = extracted?.state ?? null;
  const effects = [
    ...result.effects,
    ...(extracted?.effects ?? []),
    ...(written === null ? [] : parentTaskRunEffects(run, written)),
  ];
  const run_changes = flowRunUpdate(result, { before: draft, now: context.now });
  const event = written && flowRunStateEvent({ run: result.run, initial: initial_state, written, related: context.related });
  return { status, details, written, answer_state: written ?? initial_state, run_changes, effects, event };
}

/** Decides a state proposed for a task run. For a run that is being created `initial_state` is null and `force` true. */
export function decideTaskRunState(
  context: TaskRunContext,
  proposal: StateProposal,
  { force = false, policy = "core" }: Options<TaskRunPolicyName> = {},
): TaskRunDecision {
  const { run, initial_state, newId } = context;
  const draft: TaskRunDraft = { ...run, empirical_policy: readTaskRunPolicy(run.empirical_policy) };
  const name = proposal.state_details.deferred === true ? "background" : force ? "minimal" : policy;
  const result = evaluatePolicy({
    context,
    facts: { ...context, draft },
    proposal,
    policy: taskRunPolicies[name],
    functions: { merge: mergeTaskRun, applyGlobalPolicy: (entry) => applyGlobalTaskPolicy(entry, context) },
  });
  const { status, details } = result;
  const owner = { flow_run_id: run.flow_run_id, task_run_id: run.id };
  const extracted = result.written && extractResult(result.written, owner, newId);
  const written = extracted?.state ?? null;
  const effects = [...result.effects, ...(extracted?.effects ?? [])];
  const run_changes = taskRunUpdate(result, { before: draft, now: context.now });
  return { status, details, written, answer_state: written ?? initial_state, run_changes, effects };
}

const mergeFlowRun = (run: FlowRunDraft, { empirical_policy, ...columns }: FlowRunChanges): FlowRunDraft => ({
  ...run,
  ...columns,
  ...(empirical_policy !== undefined && { empirical_policy: { ...run.empirical_policy, ...empirical_policy } }),
});

const mergeTaskRun = (run: TaskRunDraft, changes: TaskRunChanges): TaskRunDraft => ({ ...run, ...changes });

// The task run that stands for a subflow run in its parent gets the same state (`UpdateSubflowParentTask`).
function parentTaskRunEffects(run: FlowRunContext["run"], written: State): readonly Effect[] {
  if (run.parent_task_run_id === null) return [];
  const proposal = copyOf(withDetails(written, { child_flow_run_id: run.id }));
  return [{ kind: "force_parent_task_run", task_run_id: run.parent_task_run_id, proposal }];
}

const stateColumns = (written: State) => ({
  state_id: written.id,
  state_type: written.type,
  state_name: written.name,
  state_timestamp: written.timestamp,
});

const transformedColumns = [
  "run_count",
  "expected_start_time",
  "next_scheduled_start_time",
  "start_time",
  "end_time",
  "total_run_time",
] as const;

// Only changed columns: SQLite updates the indexes of every column in `set`, whether its value changes or not.
function changedColumns<Draft>(before: Draft, after: Draft, columns: readonly (keyof Draft)[]): Partial<Draft> {
  const changes: Partial<Draft> = {};
  for (const column of columns) if (after[column] !== before[column]) changes[column] = after[column];
  return changes;
}

function flowRunUpdate(
  { run, written }: PolicyResult<FlowRunDraft>,
  { before, now }: { before: FlowRunDraft; now: number },
): FlowRunUpdate {
  const { empirical_policy } = run;
  const policy = empirical_policy === before.empirical_policy ? {} : { empirical_policy };
  if (written === null) return "empirical_policy" in policy ? { updated: now, ...policy } : {};
  return {
    updated: now,
    ...stateColumns(written),
    ...changedColumns(before, run, [...transformedColumns, "concurrency_limit_id"]),
    ...policy,
  };
}

function taskRunUpdate(
  { run, written }: PolicyResult<TaskRunDraft>,
  { before, now }: { before: TaskRunDraft; now: number },
): TaskRunUpdate {
  if (written === null) return {};
  return {
    updated: now,
    ...stateColumns(written),
    ...changedColumns(before, run, [...transformedColumns, "flow_run_run_count"]),
  };
}

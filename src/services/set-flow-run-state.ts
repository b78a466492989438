import { decideFlowRunState, decideTaskRunState } from "../domain/orchestration/decide.ts";
import type { FlowRunPolicyName } from "../domain/orchestration/flow-run-policies.ts";
import type { FlowRunContext, FlowRunDecision } from "../domain/orchestration/types.ts";
import type { StateProposal } from "../domain/states.ts";
import type { Surroundings } from "../domain/surroundings.ts";
import { type Sources, surroundings } from "../domain/surroundings.ts";
import type { Database } from "../store/client.ts";
import { commitFlowRunState, commitFromCachedFacts, type FlowRunStateChange } from "../store/flow-runs/commit.ts";
import { type FlowRunFacts, loadFlowRunFacts } from "../store/flow-runs/facts.ts";
import type { RecentFlowRuns } from "../store/flow-runs/recent.ts";
import type { TaskRunStateChange } from "../store/task-runs/commit.ts";
import type { ParentTaskRun } from "../store/task-runs/parent.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

/** The facts about the client of a proposal on which rules depend. */
export interface Client {
  readonly client_version: string | null;
  readonly api_version: string | null;
}

/** The client of proposals that the server makes itself. */
export const theServer: Client = { client_version: null, api_version: null };

/** The dependencies of changes of flow runs. */
export type FlowRunDeps = Sources & { readonly db: Database; readonly recent: RecentFlowRuns };
type Deps = FlowRunDeps;

/** Decides from the facts; null ends the attempt without a decision. */
export type Decide = (context: FlowRunContext, facts: FlowRunFacts) => FlowRunDecision | null;

/**
 * Decides a flow run's state from its facts and writes the decision, guarded by the run's state; where another request changed the run
 * meanwhile, the facts are loaded again. Two round trips; one where nothing is written, or where the facts in this isolate's cache are
 * still current. Returns null if there is no such run, or no decision.
 */
export async function changeFlowRunState(
  deps: Deps,
  id: string,
  client: Client,
  decide: Decide,
): Promise<FlowRunDecision | null> {
  const fromCache = await commitFromCache(deps, id, client, decide);
  if (fromCache.kind === "decided") return fromCache.decision;
  let brought = fromCache.facts;
  return untilCommitted<FlowRunDecision | null>(deps, async () => {
    const around = surroundings(deps);
    const facts = brought ?? (await loadFlowRunFacts(deps.db, id, around.now));
    brought = null;
    if (facts === null) return null;
    const decision = decide(contextOf(facts, client, around), facts);
    if (decision === null) return null;
    const changed = await commitDecision(deps.db, facts, decision, around);
    if (changed === null) return changedMeanwhile;
    deps.recent.put(changed, around.now);
    return decision;
  });
}

type FromCache =
  | { readonly kind: "decided"; readonly decision: FlowRunDecision }
  | { readonly kind: "open"; readonly facts: FlowRunFacts | null };

// A refusal is never decided from cached facts: only a guarded write proves that they are current.
async function commitFromCache(deps: Deps, id: string, client: Client, decide: Decide): Promise<FromCache> {
  const around = surroundings(deps);
  const cached = deps.recent.take(id, around.now);
  const decision = cached === null ? null : decide(contextOf(cached, client, around), cached);
  if (cached === null || decision === null || decision.written === null) return { kind: "open", facts: null };
  const change = changeOf(cached, decision, around);
  const outcome = await commitFromCachedFacts(deps.db, { ...change, written: decision.written }, cached);
  if (!outcome.written) return { kind: "open", facts: outcome.facts };
  deps.recent.put(factsAfter(cached, change), around.now);
  return { kind: "decided", decision };
}

/** Proposes a state for a flow run; see `changeFlowRunState`. */
export function setFlowRunState(deps: Deps, request: SetFlowRunState): Promise<FlowRunDecision | null> {
  const { id, proposal, force, policy, client } = request;
  return changeFlowRunState(deps, id, client, (context) => decideFlowRunState(context, proposal, { force, policy }));
}

export interface SetFlowRunState {
  readonly id: string;
  readonly proposal: StateProposal;
  readonly force?: boolean;
  readonly policy?: FlowRunPolicyName;
  readonly client: Client;
}

/** Returns the context of the rules. */
export function contextOf(facts: FlowRunFacts, client: Client, around: Surroundings): FlowRunContext {
  const { stored, initial_state, deployment, lease, related } = facts;
  return { ...around, ...client, run: stored.run, initial_state, deployment, lease, related };
}

/** Writes a decision and returns the facts after it, or null if the run has changed. A decision without changes needs no write. */
export async function commitDecision(
  db: Database,
  facts: FlowRunFacts,
  decision: FlowRunDecision,
  around: Surroundings,
): Promise<FlowRunFacts | null> {
  if (decision.written === null && Object.keys(decision.run_changes).length === 0) return facts;
  const change = changeOf(facts, decision, around);
  return (await commitFlowRunState(db, change)) ? factsAfter(facts, change) : null;
}

function changeOf(facts: FlowRunFacts, decision: FlowRunDecision, around: Surroundings): FlowRunStateChange {
  const { run } = facts.stored;
  const parent = facts.parent === null ? null : forcedParent(decision, facts.parent, around);
  const { notifies } = facts;
  return { flow_run_id: run.id, expected_state_id: run.state_id, decision, parent, notifies, now: around.now };
}

/** Returns the facts after a change. */
function factsAfter(facts: FlowRunFacts, { decision, parent }: FlowRunStateChange): FlowRunFacts {
  const { stored } = facts;
  return {
    ...facts,
    stored: { ...stored, run: { ...stored.run, ...decision.run_changes } },
    initial_state: decision.written ?? facts.initial_state,
    parent: facts.parent === null || parent === null ? facts.parent : parentAfter(facts.parent, parent),
  };
}

/** Returns a parent task run after a change. */
export const parentAfter = ({ run, state }: ParentTaskRun, { decision }: TaskRunStateChange): ParentTaskRun => ({
  run: { ...run, ...decision.run_changes },
  state: decision.written ?? state,
});

/**
 * Returns the state that a decision forces on the subflow's parent task run, null for none
 * (`prefect/server/orchestration/global_policy.py UpdateSubflowParentTask`).
 */
export function forcedParent(decision: FlowRunDecision, parent: ParentTaskRun, around: Surroundings): TaskRunStateChange | null {
  const forced = decision.effects.find((effect) => effect.kind === "force_parent_task_run");
  if (forced?.kind !== "force_parent_task_run") return null;
  const { run, state } = parent;
  const context = { ...around, run, initial_state: state, flow_run: null, tag_limits: [], cached_state: null };
  const decided = decideTaskRunState(context, forced.proposal, { force: true });
  return { task_run_id: run.id, expected_state_id: run.state_id, decision: decided, now: around.now };
}

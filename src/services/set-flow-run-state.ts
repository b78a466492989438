import { decideFlowRunState, decideTaskRunState } from "../domain/orchestration/decide.ts";
import type { FlowRunPolicyName } from "../domain/orchestration/flow-run-policies.ts";
import type { FlowRunContext, FlowRunDecision, Surroundings } from "../domain/orchestration/types.ts";
import type { StateProposal } from "../domain/states.ts";
import type { Database } from "../store/client.ts";
import { flowRunStateStatements } from "../store/flow-runs/commit.ts";
import { type FlowRunFacts, loadFlowRunFacts } from "../store/flow-runs/facts.ts";
import { touched } from "../store/rows.ts";
import type { TaskRunStateChange } from "../store/task-runs/commit.ts";
import type { ParentTaskRun } from "../store/task-runs/parent.ts";
import { type ServiceDeps, surroundings } from "./surroundings.ts";

/** Who proposes, as far as rules depend on it. */
export interface Client {
  readonly client_version: string | null;
  readonly api_version: string | null;
}

/** A proposal by the server itself. */
export const theServer: Client = { client_version: null, api_version: null };

type Deps = ServiceDeps & { readonly db: Database };

/** How often a decision is made again because the run changed meanwhile. */
const attempts = 20;

/** Decides from the facts; null ends the attempt without a decision. */
export type Decide = (context: FlowRunContext, facts: FlowRunFacts) => FlowRunDecision | null;

/**
 * Loads a flow run, decides and writes the decision if nothing that it rests on has changed meanwhile; else loads and decides again.
 * Two round trips, one where nothing is written. Returns null if there is no such run, or no decision.
 */
export async function changeFlowRunState(
  deps: Deps,
  id: string,
  client: Client,
  decide: Decide,
): Promise<FlowRunDecision | null> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const around = surroundings(deps);
    const facts = await loadFlowRunFacts(deps.db, id, around.now);
    if (facts === null) return null;
    const decision = decide(contextOf(facts, client, around), facts);
    if (decision === null) return null;
    if (await commitFlowRunState(deps.db, facts, decision, around)) return decision;
  }
  throw new Error(`flow run ${id} kept changing`);
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

/** Returns what the rules look at. */
export function contextOf(facts: FlowRunFacts, client: Client, around: Surroundings): FlowRunContext {
  const { stored, initial_state, deployment, lease, related } = facts;
  return { ...around, ...client, run: stored.run, initial_state, deployment, lease, related };
}

/** Writes a decision; returns false if what it rests on has changed. A decision without changes is true at once. */
export async function commitFlowRunState(
  db: Database,
  facts: FlowRunFacts,
  decision: FlowRunDecision,
  around: Surroundings,
): Promise<boolean> {
  if (decision.written === null && Object.keys(decision.run_changes).length === 0) return true;
  const { run } = facts.stored;
  const parent = facts.parent === null ? null : forcedParent(decision, facts.parent, around);
  const change = { flow_run_id: run.id, expected_state_id: run.state_id, decision, parent, now: around.now };
  const [won] = await db.write(flowRunStateStatements(change));
  return touched(won);
}

/** Returns the state that a decision forces upon the subflow's parent task run, null for none (orchestration.md 11). */
export function forcedParent(decision: FlowRunDecision, parent: ParentTaskRun, around: Surroundings): TaskRunStateChange | null {
  const forced = decision.effects.find((effect) => effect.kind === "force_parent_task_run");
  if (forced?.kind !== "force_parent_task_run") return null;
  const { run, state } = parent;
  const context = { ...around, run, initial_state: state, flow_run: null, tag_limits: [], cached_state: null };
  const decided = decideTaskRunState(context, forced.proposal, { force: true });
  return { task_run_id: run.id, expected_state_id: run.state_id, decision: decided, now: around.now };
}

import type { FlowRunDecision } from "../domain/orchestration/types.ts";
import type { StateProposal } from "../domain/states.ts";
import type { Predicate } from "../filters/predicate.ts";
import { listFlowRunIds } from "../store/flow-runs/read.ts";
import { type Client, type FlowRunDeps, setFlowRunState } from "./set-flow-run-state.ts";

export interface BulkSetFlowRunState {
  readonly where: Predicate;
  readonly limit: number;
  readonly proposal: StateProposal;
  readonly force: boolean;
  readonly client: Client;
}

/**
 * Proposes a state for each of the first flow runs that match, each decided separately as by set_state: two round trips a run,
 * at most fifty runs (the API's bound); a run that was deleted meanwhile is left out.
 */
export async function setFlowRunStates(
  deps: FlowRunDeps,
  { where, limit, proposal, force, client }: BulkSetFlowRunState,
): Promise<{ flow_run_id: string; decision: FlowRunDecision }[]> {
  const decided: { flow_run_id: string; decision: FlowRunDecision }[] = [];
  for (const id of await listFlowRunIds(deps.db, { where, sort: "ID_DESC", limit, offset: 0 })) {
    const decision = await setFlowRunState(deps, { id, proposal, force, client });
    if (decision !== null) decided.push({ flow_run_id: id, decision });
  }
  return decided;
}

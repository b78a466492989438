import { decideTaskRunState } from "../domain/orchestration/decide.ts";
import type { TaskRunDecision } from "../domain/orchestration/types.ts";
import type { StateProposal } from "../domain/states.ts";
import { type Sources, surroundings } from "../domain/surroundings.ts";
import type { Database } from "../store/client.ts";
import { commitTaskRunState } from "../store/task-runs/commit.ts";
import { loadTaskRunFacts } from "../store/task-runs/facts.ts";
import type { StoredTaskRun } from "../store/task-runs/rows.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

export interface SetTaskRunState {
  readonly id: string;
  readonly proposal: StateProposal;
  readonly force?: boolean;
}

/**
 * Proposes a state for a task run; decided again when the run changed meanwhile. Two round trips, one where nothing is written.
 * Returns null if there is no such run.
 */
export async function setTaskRunState(
  deps: Sources & { readonly db: Database },
  { id, proposal, force }: SetTaskRunState,
): Promise<TaskRunDecision | null> {
  return untilCommitted<TaskRunDecision | null>(deps, async () => {
    const around = surroundings(deps);
    const facts = await loadTaskRunFacts(deps.db, { id, cache_key: proposal.state_details.cache_key, now: around.now });
    if (facts === null) return null;
    const { stored, initial_state, flow_run, tag_limits, cached_state } = facts;
    const context = { ...around, run: stored.run, initial_state, flow_run, tag_limits, cached_state };
    const decision = decideTaskRunState(context, proposal, { force });
    if (decision.written === null) return withoutToldResult(decision, stored);
    const change = { task_run_id: id, expected_state_id: stored.run.state_id, decision, now: around.now };
    return (await commitTaskRunState(deps.db, change)) ? decision : changedMeanwhile;
  });
}

// As in the reference, an answer shows the current state's result if an artifact holds it, not if an event reported it.
const withoutToldResult = (decision: TaskRunDecision, { state }: StoredTaskRun): TaskRunDecision =>
  decision.answer_state === null || state?.result_artifact_id !== null
    ? decision
    : { ...decision, answer_state: { ...decision.answer_state, data: null } };

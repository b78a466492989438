import { decideTaskRunState } from "../domain/orchestration/decide.ts";
import type { StateProposal } from "../domain/states.ts";
import { type Sources, surroundings } from "../domain/surroundings.ts";
import type { Database, Sql } from "../store/client.ts";
import { commitFlowRunStates } from "../store/flow-runs/commit.ts";
import { type FlowRunFacts, loadFactsOfFlowRuns } from "../store/flow-runs/facts.ts";
import { commitTaskRunStates } from "../store/task-runs/commit.ts";
import { loadFactsOfTaskRuns, type TaskRunFacts } from "../store/task-runs/facts.ts";
import { contextOf, type Decide, forcedParent, theServer } from "./set-flow-run-state.ts";

type Deps = Sources & { readonly db: Database };

/**
 * Decides the states of all flow runs that the statement finds and writes them, each with a guard of its own: a run that changed
 * meanwhile stays as it is until the next call. Two round trips in all, two for each part of runs with large parameters. Returns how
 * many runs were found and how many states were written.
 */
export async function changeFlowRunStates(deps: Deps, ids: Sql, decide: Decide): Promise<{ found: number; written: number }> {
  const sum = { found: 0, written: 0 };
  for await (const facts of loadFactsOfFlowRuns(deps.db, ids, surroundings(deps).now)) {
    sum.found += facts.length;
    sum.written += await changeEach(deps, facts, decide);
  }
  return sum;
}

function changeEach(deps: Deps, facts: readonly FlowRunFacts[], decide: Decide): Promise<number> {
  const changes = facts.flatMap((each) => {
    const around = surroundings(deps);
    const decision = decide(contextOf(each, theServer, around), each);
    if (decision === null || decision.written === null) return [];
    const { run } = each.stored;
    const parent = each.parent === null ? null : forcedParent(decision, each.parent, around);
    return [{ flow_run_id: run.id, expected_state_id: run.state_id, decision, parent, notifies: each.notifies, now: around.now }];
  });
  return commitFlowRunStates(deps.db, changes);
}

type Propose = (facts: TaskRunFacts) => StateProposal | null;

/** Forces a state on the task runs that the statement finds, except those without a proposal; otherwise as `changeFlowRunStates`. */
export async function forceTaskRunStates(deps: Deps, ids: Sql, propose: Propose): Promise<{ found: number; written: number }> {
  const sum = { found: 0, written: 0 };
  for await (const facts of loadFactsOfTaskRuns(deps.db, ids, surroundings(deps).now)) {
    sum.found += facts.length;
    sum.written += await forceEach(deps, facts, propose);
  }
  return sum;
}

function forceEach(deps: Deps, facts: readonly TaskRunFacts[], propose: Propose): Promise<number> {
  const changes = facts.flatMap((each) => {
    const proposal = propose(each);
    if (proposal === null) return [];
    const { stored, initial_state, flow_run, tag_limits, cached_state } = each;
    const around = surroundings(deps);
    const context = { ...around, run: stored.run, initial_state, flow_run, tag_limits, cached_state };
    const decision = decideTaskRunState(context, proposal, { force: true });
    return [{ task_run_id: stored.run.id, expected_state_id: stored.run.state_id, decision, now: around.now }];
  });
  return commitTaskRunStates(deps.db, changes);
}

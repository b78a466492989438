import { decideTaskRunState } from "../domain/orchestration/decide.ts";
import type { StateProposal } from "../domain/states.ts";
import type { Database, Sql } from "../store/client.ts";
import { flowRunStateStatements } from "../store/flow-runs/commit.ts";
import { loadFactsOfFlowRuns } from "../store/flow-runs/facts.ts";
import { touched } from "../store/rows.ts";
import { taskRunStateStatements } from "../store/task-runs/commit.ts";
import { loadFactsOfTaskRuns, type TaskRunFacts } from "../store/task-runs/facts.ts";
import { contextOf, type Decide, forcedParent, theServer } from "./set-flow-run-state.ts";
import { type ServiceDeps, surroundings } from "./surroundings.ts";

type Deps = ServiceDeps & { readonly db: Database };

/**
 * Decides about all flow runs that the statement finds and writes the decisions, each guarded for itself: a run that changed meanwhile is
 * left as it is, for the next time. Two round trips in all. Returns how many were found and how many states were written.
 */
export async function changeFlowRunStates(deps: Deps, ids: Sql, decide: Decide): Promise<{ found: number; written: number }> {
  const { now } = surroundings(deps);
  const facts = await loadFactsOfFlowRuns(deps.db, ids, now);
  const changes = facts.flatMap((each) => {
    const around = surroundings(deps);
    const decision = decide(contextOf(each, theServer, around), each);
    if (decision === null || decision.written === null) return [];
    const { run } = each.stored;
    const parent = each.parent === null ? null : forcedParent(decision, each.parent, around);
    return [flowRunStateStatements({ flow_run_id: run.id, expected_state_id: run.state_id, decision, parent, now: around.now })];
  });
  return { found: facts.length, written: await writeAll(deps.db, changes) };
}

/** Forces a state on the task runs that the statement finds, but for those without a proposal; else as `changeFlowRunStates`. */
export async function forceTaskRunStates(
  deps: Deps,
  ids: Sql,
  propose: (facts: TaskRunFacts) => StateProposal | null,
): Promise<{ found: number; written: number }> {
  const { now } = surroundings(deps);
  const facts = await loadFactsOfTaskRuns(deps.db, { ids, now });
  const changes = facts.flatMap((each) => {
    const proposal = propose(each);
    if (proposal === null) return [];
    const { stored, initial_state, flow_run, tag_limits, cached_state } = each;
    const around = surroundings(deps);
    const context = { ...around, run: stored.run, initial_state, flow_run, tag_limits, cached_state };
    const decision = decideTaskRunState(context, proposal, { force: true });
    const change = { task_run_id: stored.run.id, expected_state_id: stored.run.state_id, decision, now: around.now };
    return [taskRunStateStatements(change)];
  });
  return { found: facts.length, written: await writeAll(deps.db, changes) };
}

async function writeAll(db: Database, changes: readonly (readonly Sql[])[]): Promise<number> {
  if (changes.length === 0) return 0;
  const results = await db.write(changes.flat());
  let position = 0;
  let won = 0;
  for (const statements of changes) {
    if (touched(results[position])) won++;
    position += statements.length;
  }
  return won;
}

import type { Deps } from "../deps.ts";
import { decideFlowRunState } from "../domain/orchestration/decide.ts";
import { lateProposal } from "../domain/orchestration/proposals.ts";
import { changeFlowRunStates } from "../services/change-many-states.ts";
import { unstartedRuns } from "../store/flow-runs/overdue.ts";
import type { Job, Tick } from "./job.ts";

/** How long after its scheduled start a run is late. */
const lateAfter = 15_000_000;
const batch = 100;
/** The time budget of one tick; the remaining runs are marked by the next one. */
const timeBudget = 20_000_000;

/**
 * Marks overdue SCHEDULED runs as Late, or cancels them where the deployment's limit is full and its strategy is CANCEL_NEW
 * (`prefect/server/services/late_runs.py mark_flow_run_late`).
 */
export const lateRuns: Job = { name: "late-runs", run: markLate };

async function markLate(deps: Deps, { scheduledTime }: Tick): Promise<void> {
  const end = deps.now() + timeBudget;
  const ids = unstartedRuns(scheduledTime - lateAfter, batch);
  for (;;) {
    const { found, written } = await changeFlowRunStates(deps, ids, (context, { stored }) =>
      decideFlowRunState(context, lateProposal(stored.run.next_scheduled_start_time ?? scheduledTime), { policy: "late" }),
    );
    if (found < batch || written === 0 || deps.now() >= end) return;
  }
}

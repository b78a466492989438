import type { Deps } from "../deps.ts";
import { decideFlowRunState } from "../domain/orchestration/decide.ts";
import { lateProposal } from "../domain/orchestration/proposals.ts";
import { changeFlowRunStates } from "../services/change-many-states.ts";
import { unstartedRuns } from "../store/unstarted-runs.ts";
import type { Job, Tick } from "./job.ts";

/** How long after its time a run is late. */
const lateAfter = 15_000_000;
const batch = 100;
/** How long one tick goes on with batches; the rest is late at the next. */
const longest = 20_000_000;

/** Marks scheduled runs late that nobody has started in time; where new ones are to be cancelled, a full limit cancels them. */
export const lateRuns: Job = { name: "late-runs", run: markLate };

async function markLate(deps: Deps, { scheduledTime }: Tick): Promise<void> {
  const end = deps.now() + longest;
  const ids = unstartedRuns(scheduledTime - lateAfter, batch);
  for (;;) {
    const { found, written } = await changeFlowRunStates(deps, ids, (context, { stored }) =>
      decideFlowRunState(context, lateProposal(stored.run.next_scheduled_start_time ?? scheduledTime), { policy: "late" }),
    );
    if (found < batch || written === 0 || deps.now() >= end) return;
  }
}

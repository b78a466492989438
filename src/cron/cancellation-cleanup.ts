import { decideFlowRunState } from "../domain/orchestration/decide.ts";
import {
  cancellationTimedOutProposal,
  subflowOfCancelledRunProposal,
  taskOfCancelledRunProposal,
} from "../domain/orchestration/proposals.ts";
import { withTeardown } from "../domain/worker-channel/teardown.ts";
import { fromSecondsDuration } from "../lib/time.ts";
import { changeFlowRunStates, forceTaskRunStates } from "../services/change-many-states.ts";
import { stuckCancellations, subflowsOfCancelledRuns } from "../store/flow-runs/overdue.ts";
import { taskRunsOfCancelledRuns } from "../store/task-runs/overdue.ts";
import type { Job } from "./job.ts";

const batch = 100;
const lookBack = fromSecondsDuration(24 * 3600);
/** How long the infrastructure of a CANCELLING run has to stop it. */
const cancellationTimeout = fromSecondsDuration(300);

/**
 * Completes cancellations: task runs and subflow runs of cancelled runs, and runs whose infrastructure did not stop in time
 * (`prefect/server/services/cancellation_cleanup.py`).
 */
export const cancellationCleanup: Job = {
  name: "cancellation-cleanup",
  async run(deps, { scheduledTime }) {
    const since = scheduledTime - lookBack;
    await forceTaskRunStates(deps, taskRunsOfCancelledRuns(since, batch), taskOfCancelledRunProposal);
    await changeFlowRunStates(deps, subflowsOfCancelledRuns(since, batch), (context) =>
      decideFlowRunState(context, subflowOfCancelledRunProposal(context.run), { force: true }),
    );
    await changeFlowRunStates(deps, stuckCancellations(scheduledTime - cancellationTimeout, batch), (context) =>
      withTeardown(decideFlowRunState(context, cancellationTimedOutProposal()), context.run.id, deps.newId()),
    );
  },
};

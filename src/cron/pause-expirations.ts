import { decideFlowRunState } from "../domain/orchestration/decide.ts";
import { pauseExpiredProposal } from "../domain/orchestration/proposals.ts";
import { changeFlowRunStates } from "../services/change-many-states.ts";
import { expiredPauses } from "../store/flow-runs/overdue.ts";
import type { Job } from "./job.ts";

const batch = 100;

/**
 * Fails paused flow runs whose pause timed out (`prefect/server/services/pause_expirations.py`); a resume request after the
 * timeout has the same result.
 */
export const pauseExpirations: Job = {
  name: "pause-expirations",
  async run(deps, { scheduledTime }) {
    await changeFlowRunStates(deps, expiredPauses(scheduledTime, batch), (context) =>
      decideFlowRunState(context, pauseExpiredProposal(), { force: true }),
    );
  },
};

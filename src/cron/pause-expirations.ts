import { decideFlowRunState } from "../domain/orchestration/decide.ts";
import { pauseExpiredProposal } from "../domain/orchestration/proposals.ts";
import { changeFlowRunStates } from "../services/change-many-states.ts";
import { expiredPauses } from "../store/overdue-runs.ts";
import type { Job } from "./job.ts";

const batch = 100;

/** Fails paused flow runs that were not resumed in time. A resumption that comes too late finds the same by itself. */
export const pauseExpirations: Job = {
  name: "pause-expirations",
  async run(deps, { scheduledTime }) {
    await changeFlowRunStates(deps, expiredPauses(scheduledTime, batch), (context) =>
      decideFlowRunState(context, pauseExpiredProposal(), { force: true }),
    );
  },
};

import { cancelInsteadOfLate } from "./rules/cancel-instead-of-late.ts";
import { cancellingBecomesCancelled } from "./rules/cancelling-becomes-cancelled.ts";
import { checkLease } from "./rules/check-lease.ts";
import { copyScheduledTime } from "./rules/copy-scheduled-time.ts";
import { doubleSubmission } from "./rules/double-submission.ts";
import { dropLeaseOfOldClients } from "./rules/drop-lease-of-old-clients.ts";
import { duplicateTransition } from "./rules/duplicate-transition.ts";
import { giveBackDeploymentSlot } from "./rules/give-back-deployment-slot.ts";
import { keepLeaseId } from "./rules/keep-lease-id.ts";
import { keepResult } from "./rules/keep-result.ts";
import { leavePause } from "./rules/leave-pause.ts";
import { leaveTerminalFlowRun } from "./rules/leave-terminal-flow-run.ts";
import { nothingToCancel } from "./rules/nothing-to-cancel.ts";
import { onlyScheduledRunsAreLate } from "./rules/only-scheduled-runs-are-late.ts";
import { pause } from "./rules/pause.ts";
import { retryFlowRun } from "./rules/retry-flow-run.ts";
import { takeDeploymentSlot } from "./rules/take-deployment-slot.ts";
import { waitForScheduledTime } from "./rules/wait-for-scheduled-time.ts";
import type { FlowRunRules } from "./types.ts";

/** `core` judges what clients propose, `minimal` what is forced (and first states), `late` what is overdue. */
export type FlowRunPolicyName = "core" | "minimal" | "late";

export const flowRunPolicies: Readonly<Record<FlowRunPolicyName, FlowRunRules>> = {
  core: {
    rules: [
      keepLeaseId,
      duplicateTransition,
      leaveTerminalFlowRun,
      cancellingBecomesCancelled,
      nothingToCancel,
      doubleSubmission,
      checkLease,
      takeDeploymentSlot,
      dropLeaseOfOldClients,
      onlyScheduledRunsAreLate,
      pause,
      leavePause,
      copyScheduledTime,
      waitForScheduledTime,
      retryFlowRun,
    ],
    closings: [giveBackDeploymentSlot],
  },
  minimal: {
    rules: [keepLeaseId, keepResult, nothingToCancel],
    closings: [giveBackDeploymentSlot],
  },
  late: {
    rules: [onlyScheduledRunsAreLate, cancelInsteadOfLate],
    closings: [],
  },
};

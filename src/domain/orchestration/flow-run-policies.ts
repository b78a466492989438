import { enforceDeploymentConcurrencyOnLate } from "./rules/cancel-instead-of-late.ts";
import { enforceCancellingToCancelledTransition } from "./rules/cancelling-becomes-cancelled.ts";
import { validateDeploymentConcurrencyAtRunning } from "./rules/check-lease.ts";
import { copyScheduledTime } from "./rules/copy-scheduled-time.ts";
import { preventPendingTransitions } from "./rules/double-submission.ts";
import { removeDeploymentConcurrencyLeaseForOldClientVersions } from "./rules/drop-lease-of-old-clients.ts";
import { preventDuplicateTransitions } from "./rules/duplicate-transition.ts";
import { releaseFlowConcurrencySlots } from "./rules/give-back-deployment-slot.ts";
import { preserveDeploymentConcurrencyLeaseId } from "./rules/keep-lease-id.ts";
import { preventResultDataLoss } from "./rules/keep-result.ts";
import { handleResumingPausedFlows } from "./rules/leave-pause.ts";
import { handleFlowTerminalStateTransitions } from "./rules/leave-terminal-flow-run.ts";
import { bypassCancellingFlowRunsWithNoInfra } from "./rules/nothing-to-cancel.ts";
import { ensureOnlyScheduledFlowsMarkedLate } from "./rules/only-scheduled-runs-are-late.ts";
import { handlePausingFlows } from "./rules/pause.ts";
import { retryFailedFlows } from "./rules/retry-flow-run.ts";
import { secureFlowConcurrencySlots } from "./rules/take-deployment-slot.ts";
import { waitForScheduledTime } from "./rules/wait-for-scheduled-time.ts";
import type { FlowRunRules } from "./types.ts";

/**
 * `core`: proposals of clients (CoreFlowPolicy); `minimal`: forced and first states (MinimalFlowPolicy); `late`: overdue runs
 * (MarkLateRunsPolicy).
 */
export type FlowRunPolicyName = "core" | "minimal" | "late";

export const flowRunPolicies: Readonly<Record<FlowRunPolicyName, FlowRunRules>> = {
  core: {
    rules: [
      preserveDeploymentConcurrencyLeaseId,
      preventDuplicateTransitions,
      handleFlowTerminalStateTransitions,
      enforceCancellingToCancelledTransition,
      bypassCancellingFlowRunsWithNoInfra,
      preventPendingTransitions,
      validateDeploymentConcurrencyAtRunning,
      secureFlowConcurrencySlots,
      removeDeploymentConcurrencyLeaseForOldClientVersions,
      ensureOnlyScheduledFlowsMarkedLate,
      handlePausingFlows,
      handleResumingPausedFlows,
      copyScheduledTime,
      waitForScheduledTime,
      retryFailedFlows,
    ],
    closings: [releaseFlowConcurrencySlots],
  },
  minimal: {
    rules: [preserveDeploymentConcurrencyLeaseId, preventResultDataLoss, bypassCancellingFlowRunsWithNoInfra],
    closings: [releaseFlowConcurrencySlots],
  },
  late: {
    rules: [ensureOnlyScheduledFlowsMarkedLate, enforceDeploymentConcurrencyOnLate],
    closings: [],
  },
};

import { bypassCancellingFlowRunsWithNoInfra } from "./rules/bypass-cancelling-flow-runs-with-no-infra.ts";
import { copyScheduledTime } from "./rules/copy-scheduled-time.ts";
import { enforceCancellingToCancelledTransition } from "./rules/enforce-cancelling-to-cancelled-transition.ts";
import { enforceDeploymentConcurrencyOnLate } from "./rules/enforce-deployment-concurrency-on-late.ts";
import { ensureOnlyScheduledFlowsMarkedLate } from "./rules/ensure-only-scheduled-flows-marked-late.ts";
import { handleFlowTerminalStateTransitions } from "./rules/handle-flow-terminal-state-transitions.ts";
import { handlePausingFlows } from "./rules/handle-pausing-flows.ts";
import { handleResumingPausedFlows } from "./rules/handle-resuming-paused-flows.ts";
import { preserveDeploymentConcurrencyLeaseId } from "./rules/preserve-deployment-concurrency-lease-id.ts";
import { preventDuplicateTransitions } from "./rules/prevent-duplicate-transitions.ts";
import { preventPendingTransitions } from "./rules/prevent-pending-transitions.ts";
import { preventResultDataLoss } from "./rules/prevent-result-data-loss.ts";
import { releaseFlowConcurrencySlots } from "./rules/release-flow-concurrency-slots.ts";
import { removeDeploymentConcurrencyLeaseForOldClientVersions } from "./rules/remove-deployment-concurrency-lease-for-old-client-versions.ts";
import { retryFailedFlows } from "./rules/retry-failed-flows.ts";
import { secureFlowConcurrencySlots } from "./rules/secure-flow-concurrency-slots.ts";
import { validateDeploymentConcurrencyAtRunning } from "./rules/validate-deployment-concurrency-at-running.ts";
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

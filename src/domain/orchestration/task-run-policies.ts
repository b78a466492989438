import { cacheInsertion } from "./rules/cache-insertion.ts";
import { cacheRetrieval } from "./rules/cache-retrieval.ts";
import { copyScheduledTime } from "./rules/copy-scheduled-time.ts";
import { copyTaskParametersId } from "./rules/copy-task-parameters-id.ts";
import { enqueueScheduledTasks } from "./rules/enqueue-scheduled-tasks.ts";
import { handleTaskTerminalStateTransitions } from "./rules/handle-task-terminal-state-transitions.ts";
import { preventPendingTransitions } from "./rules/prevent-pending-transitions.ts";
import { preventRunningTasksFromStoppedFlows } from "./rules/prevent-running-tasks-from-stopped-flows.ts";
import { releaseTaskConcurrencySlots } from "./rules/release-task-concurrency-slots.ts";
import { renameReruns } from "./rules/rename-reruns.ts";
import { retryFailedTasks } from "./rules/retry-failed-tasks.ts";
import { secureTaskConcurrencySlots } from "./rules/secure-task-concurrency-slots.ts";
import { updateFlowRunTrackerOnTasks } from "./rules/update-flow-run-tracker-on-tasks.ts";
import { waitForScheduledTime } from "./rules/wait-for-scheduled-time.ts";
import type { TaskRunRules } from "./types.ts";

/**
 * `core`: proposals of clients (CoreTaskPolicy); `minimal`: forced and first states (MinimalTaskPolicy); `background`: deferred
 * states, forced ones included (BackgroundTaskPolicy).
 */
export type TaskRunPolicyName = "core" | "background" | "minimal";

export const taskRunPolicies: Readonly<Record<TaskRunPolicyName, TaskRunRules>> = {
  core: {
    rules: [
      cacheRetrieval,
      handleTaskTerminalStateTransitions,
      preventRunningTasksFromStoppedFlows,
      secureTaskConcurrencySlots,
      copyScheduledTime,
      waitForScheduledTime,
      retryFailedTasks,
      renameReruns,
      updateFlowRunTrackerOnTasks,
      cacheInsertion,
    ],
    closings: [releaseTaskConcurrencySlots],
  },
  background: {
    rules: [
      preventPendingTransitions,
      cacheRetrieval,
      handleTaskTerminalStateTransitions,
      copyScheduledTime,
      copyTaskParametersId,
      waitForScheduledTime,
      retryFailedTasks,
      renameReruns,
      updateFlowRunTrackerOnTasks,
      cacheInsertion,
      enqueueScheduledTasks,
    ],
    closings: [releaseTaskConcurrencySlots],
  },
  minimal: {
    rules: [],
    closings: [releaseTaskConcurrencySlots],
  },
};

import { copyScheduledTime } from "./rules/copy-scheduled-time.ts";
import { copyTaskParametersId } from "./rules/copy-task-parameters-id.ts";
import { preventPendingTransitions } from "./rules/double-submission.ts";
import { enqueueScheduledTasks } from "./rules/enqueue-scheduled-task-run.ts";
import { cacheRetrieval } from "./rules/find-cached-state.ts";
import { releaseTaskConcurrencySlots } from "./rules/give-back-tag-slots.ts";
import { handleTaskTerminalStateTransitions } from "./rules/leave-terminal-task-run.ts";
import { updateFlowRunTrackerOnTasks } from "./rules/note-attempt.ts";
import { renameReruns } from "./rules/rename-rerun.ts";
import { retryFailedTasks } from "./rules/retry-task-run.ts";
import { preventRunningTasksFromStoppedFlows } from "./rules/stopped-flow-run.ts";
import { cacheInsertion } from "./rules/store-cached-state.ts";
import { secureTaskConcurrencySlots } from "./rules/take-tag-slots.ts";
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

import { copyScheduledTime } from "./rules/copy-scheduled-time.ts";
import { copyTaskParametersId } from "./rules/copy-task-parameters-id.ts";
import { doubleSubmission } from "./rules/double-submission.ts";
import { enqueueScheduledTaskRun } from "./rules/enqueue-scheduled-task-run.ts";
import { findCachedState } from "./rules/find-cached-state.ts";
import { giveBackTagSlots } from "./rules/give-back-tag-slots.ts";
import { leaveTerminalTaskRun } from "./rules/leave-terminal-task-run.ts";
import { noteAttempt } from "./rules/note-attempt.ts";
import { renameRerun } from "./rules/rename-rerun.ts";
import { retryTaskRun } from "./rules/retry-task-run.ts";
import { stoppedFlowRun } from "./rules/stopped-flow-run.ts";
import { storeCachedState } from "./rules/store-cached-state.ts";
import { takeTagSlots } from "./rules/take-tag-slots.ts";
import { waitForScheduledTime } from "./rules/wait-for-scheduled-time.ts";
import type { TaskRunRules } from "./types.ts";

/** `core` judges what clients propose, `minimal` what is forced (and first states), `background` deferred states, even forced ones. */
export type TaskRunPolicyName = "core" | "background" | "minimal";

export const taskRunPolicies: Readonly<Record<TaskRunPolicyName, TaskRunRules>> = {
  core: {
    rules: [
      findCachedState,
      leaveTerminalTaskRun,
      stoppedFlowRun,
      takeTagSlots,
      copyScheduledTime,
      waitForScheduledTime,
      retryTaskRun,
      renameRerun,
      noteAttempt,
      storeCachedState,
    ],
    closings: [giveBackTagSlots],
  },
  background: {
    rules: [
      doubleSubmission,
      findCachedState,
      leaveTerminalTaskRun,
      copyScheduledTime,
      copyTaskParametersId,
      waitForScheduledTime,
      retryTaskRun,
      renameRerun,
      noteAttempt,
      storeCachedState,
      enqueueScheduledTaskRun,
    ],
    closings: [giveBackTagSlots],
  },
  minimal: {
    rules: [],
    closings: [giveBackTagSlots],
  },
};

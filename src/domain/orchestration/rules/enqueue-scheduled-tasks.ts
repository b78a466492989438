import type { TaskRunRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/** Queues a scheduled background task run for a task worker. */
export const enqueueScheduledTasks: TaskRunRule = {
  name: "EnqueueScheduledTasks",
  from: "any",
  to: ["SCHEDULED"],
  apply({ run, proposed }) {
    if (proposed.state_details.deferred !== true) return null;
    const retry = proposed.name === "AwaitingRetry";
    return accept({ effects: [{ kind: "enqueue_task_run", task_run_id: run.id, task_key: run.task_key, retry }] });
  },
};

import type { TaskRunRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/** Stores on a task run the run count of its flow run. */
export const updateFlowRunTrackerOnTasks: TaskRunRule = {
  name: "UpdateFlowRunTrackerOnTasks",
  from: "any",
  to: ["RUNNING"],
  apply: ({ context }) =>
    context.flow_run === null ? null : accept({ later: { flow_run_run_count: context.flow_run.run_count } }),
};

import { propose } from "../../states.ts";
import type { TaskRunRule } from "../types.ts";
import { abort, makeNow, replaceWith } from "../verdicts.ts";

/** Refuses RUNNING for a task run whose flow run is not RUNNING. */
export const preventRunningTasksFromStoppedFlows: TaskRunRule = {
  name: "PreventRunningTasksFromStoppedFlows",
  from: "any",
  to: ["RUNNING"],
  apply({ context }) {
    const { flow_run } = context;
    if (flow_run === null || flow_run.state?.type === "RUNNING") return null;
    if (flow_run.state?.type !== "PAUSED") return abort("The enclosing flow must be running to begin task execution.");
    const { pause_timeout, pause_reschedule } = flow_run.state.state_details;
    return replaceWith(
      makeNow(context, propose("PAUSED", { name: "NotReady", state_details: { pause_timeout, pause_reschedule } })),
      `The flow is paused, new tasks can execute after resuming flow run: ${flow_run.id}.`,
    );
  },
};

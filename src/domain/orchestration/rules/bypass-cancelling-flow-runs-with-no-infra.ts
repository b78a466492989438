import { cancelled } from "../../states.ts";
import type { FlowRunRule } from "../types.ts";
import { makeNow, replaceWith } from "../verdicts.ts";

/** Cancels at once a scheduled or suspended run that has no infrastructure to stop. */
export const bypassCancellingFlowRunsWithNoInfra: FlowRunRule = {
  name: "BypassCancellingFlowRunsWithNoInfra",
  from: ["SCHEDULED", "PAUSED"],
  to: ["CANCELLING"],
  apply({ context, run, initial }) {
    if (initial === null) return null;
    const isIdle = (initial.type === "SCHEDULED" && !run.infrastructure_pid) || initial.name === "Resuming";
    const isSuspended = initial.type === "PAUSED" && initial.state_details.pause_reschedule;
    if (!isIdle && !isSuspended) return null;
    const kind = isIdle ? "Scheduled" : "Suspended";
    return replaceWith(makeNow(context, cancelled()), `${kind} flow run has no infrastructure to terminate.`);
  },
};

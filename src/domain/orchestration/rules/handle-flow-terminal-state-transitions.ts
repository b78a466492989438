import { finalTypes, hasPersistedResult, isFinal } from "../../states.ts";
import { supportsPauses } from "../pauses.ts";
import type { FlowRunRule } from "../types.ts";
import { abort, accept, keepCurrent } from "../verdicts.ts";
import { overwriteReason, wouldLoseResult } from "./prevent-result-data-loss.ts";

const refusedTypes: ReadonlySet<string> = new Set(["CANCELLING", "PAUSED", "CRASHED"]);

/** Decides which states may follow a terminal state of a flow run; a rerun resets the pauses. */
export const handleFlowTerminalStateTransitions: FlowRunRule = {
  name: "HandleFlowTerminalStateTransitions",
  from: finalTypes,
  to: "any",
  apply({ context, run, initial, proposed }) {
    if (initial === null) return null;
    if (refusedTypes.has(proposed.type)) return abort(`Run is already in terminal state ${initial.type}.`);
    const isKept = initial.type === "COMPLETED" && hasPersistedResult(initial.data);
    if (isKept && !isFinal(proposed)) return keepCurrent("Run is already COMPLETED.");
    if (wouldLoseResult(initial, proposed)) return keepCurrent(overwriteReason);
    if (proposed.type === "SCHEDULED" && run.deployment_id === null)
      return abort("Cannot reschedule a run without an associated deployment.");
    if (isFinal(proposed) || !supportsPauses(context)) return null;
    const retry_type = proposed.type === "SCHEDULED" ? "reschedule" : null;
    return accept({ changes: { empirical_policy: { pause_keys: [], resuming: false, retry_type } } });
  },
};

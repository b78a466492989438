import { finalTypes, hasPersistedResult, isFinal } from "../../states.ts";
import type { TaskRunRule } from "../types.ts";
import { abort, accept, keepCurrent } from "../verdicts.ts";

const refusedTypes: ReadonlySet<string> = new Set(["CANCELLING", "PAUSED", "CRASHED"]);

/** Decides which states may follow a terminal state of a task run; a rerun resets its run count. */
export const handleTaskTerminalStateTransitions: TaskRunRule = {
  name: "HandleTaskTerminalStateTransitions",
  from: finalTypes,
  to: "any",
  apply({ context, run, initial, proposed }) {
    if (initial === null) return null;
    if (refusedTypes.has(proposed.type)) return abort(`Run is already ${initial.type}.`);
    if (initial.type === "COMPLETED" && hasPersistedResult(initial.data)) return keepCurrent("This run is already completed.");
    if (isFinal(proposed)) return null;
    const isRetryOfFlow = context.flow_run !== null && run.flow_run_run_count < context.flow_run.run_count;
    const state = proposed.type === "RUNNING" && isRetryOfFlow ? { ...proposed, name: "Retrying" } : proposed;
    return accept({ state, changes: { run_count: 0 } });
  },
};

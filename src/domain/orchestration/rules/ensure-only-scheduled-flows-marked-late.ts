import type { FlowRunRule } from "../types.ts";
import { keepCurrent } from "../verdicts.ts";

/** Rejects Late for a run that is not SCHEDULED or is Late already. */
export const ensureOnlyScheduledFlowsMarkedLate: FlowRunRule = {
  name: "EnsureOnlyScheduledFlowsMarkedLate",
  from: "any",
  to: ["SCHEDULED"],
  apply({ initial, proposed }) {
    if (initial === null || proposed.name !== "Late") return null;
    if (initial.type !== "SCHEDULED") return keepCurrent("Only scheduled flows can be marked late.");
    return initial.name === "Late" ? keepCurrent("This flow run is already marked late.") : null;
  },
};

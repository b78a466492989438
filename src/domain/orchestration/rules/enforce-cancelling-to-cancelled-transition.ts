import { type StateType, stateTypes } from "../../states.ts";
import type { FlowRunRule } from "../types.ts";
import { keepCurrent } from "../verdicts.ts";

const allButCancelled: readonly StateType[] = stateTypes.filter((type) => type !== "CANCELLED");

/** Rejects every transition of a CANCELLING run but the one to CANCELLED. */
export const enforceCancellingToCancelledTransition: FlowRunRule = {
  name: "EnforceCancellingToCancelledTransition",
  from: ["CANCELLING"],
  to: allButCancelled,
  apply: () => keepCurrent("Cannot transition flows that are cancelling to a state other than Cancelled."),
};

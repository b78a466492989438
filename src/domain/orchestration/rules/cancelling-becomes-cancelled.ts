import { type StateType, stateTypes } from "../../states.ts";
import type { FlowRunRule } from "../types.ts";
import { keepCurrent } from "../verdicts.ts";

const allButCancelled: readonly StateType[] = stateTypes.filter((type) => type !== "CANCELLED");

/** A run that is being cancelled can only become cancelled. */
export const enforceCancellingToCancelledTransition: FlowRunRule = {
  name: "EnforceCancellingToCancelledTransition",
  from: ["CANCELLING"],
  to: allButCancelled,
  apply: () => keepCurrent("Cannot transition flows that are cancelling to a state other than Cancelled."),
};

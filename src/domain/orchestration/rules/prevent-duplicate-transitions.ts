import type { FlowRunRule } from "../types.ts";
import { keepCurrent } from "../verdicts.ts";

/** Answers a repeated proposal (equal `transition_id`) with the state that the first one wrote. */
export const preventDuplicateTransitions: FlowRunRule = {
  name: "PreventDuplicateTransitions",
  from: "any",
  to: "any",
  apply({ initial, proposed }) {
    const made = initial?.state_details.transition_id ?? null;
    if (made === null || made !== proposed.state_details.transition_id) return null;
    return keepCurrent("This run has already made this state transition.");
  },
};

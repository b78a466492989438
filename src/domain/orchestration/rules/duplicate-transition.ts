import type { FlowRunRule } from "../types.ts";
import { keepCurrent } from "../verdicts.ts";

/** A proposal that is sent again because its answer was lost is answered with the state it made the first time. */
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

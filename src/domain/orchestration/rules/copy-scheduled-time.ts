import { withDetails } from "../../states.ts";
import type { SharedRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/** Copies the scheduled time to the PENDING state, unless the proposal has one. */
export const copyScheduledTime: SharedRule = {
  name: "CopyScheduledTime",
  from: ["SCHEDULED"],
  to: ["PENDING"],
  apply({ initial, proposed }) {
    if (initial === null || proposed.state_details.scheduled_time !== null) return null;
    return accept({ state: withDetails(proposed, { scheduled_time: initial.state_details.scheduled_time }) });
  },
};

import { withDetails } from "../../states.ts";
import type { SharedRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/** A submitted run keeps the time it is scheduled for, unless it is sent another. */
export const copyScheduledTime: SharedRule = {
  name: "CopyScheduledTime",
  from: ["SCHEDULED"],
  to: ["PENDING"],
  apply({ initial, proposed }) {
    if (initial === null || proposed.state_details.scheduled_time !== null) return null;
    return accept({ state: withDetails(proposed, { scheduled_time: initial.state_details.scheduled_time }) });
  },
};

import type { SharedRule } from "../types.ts";
import { wait } from "../verdicts.ts";

const second = 1_000_000;

/** Delays RUNNING until the scheduled time. */
export const waitForScheduledTime: SharedRule = {
  name: "WaitForScheduledTime",
  from: ["SCHEDULED", "PENDING"],
  to: ["RUNNING"],
  apply({ context, initial }) {
    const scheduled_time = initial?.state_details.scheduled_time ?? null;
    if (scheduled_time === null) return null;
    const delay = Math.round((scheduled_time - context.now) / second);
    return delay > 0 ? wait(delay, "Scheduled time is in the future") : null;
  },
};

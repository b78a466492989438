import { fromSecondsDuration } from "../lib/time.ts";
import { sendNotifications } from "../services/send-notifications.ts";
import type { Job } from "./job.ts";

/** The time budget of one tick; the rest is sent by the next one. */
const timeBudget = fromSecondsDuration(20);

/** Sends queued notifications whose requests did not send them, and those that failed before. */
export const notifications: Job = {
  name: "notifications",
  async run(deps) {
    const end = deps.now() + timeBudget;
    while ((await sendNotifications(deps)) && deps.now() < end);
  },
};

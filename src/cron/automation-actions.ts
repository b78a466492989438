import { doAutomationActions } from "../services/automation-actions/index.ts";
import { wakeAutomations } from "../services/wake-automations.ts";
import { deleteDeadLetters } from "../store/automation-actions/queue.ts";
import type { Job } from "./job.ts";

/** How many firings with dead letters are deleted a tick. */
const deadLetters = 200;

/** Does the queued actions that requests have left, and those that are to be tried again; forgets dead letters as old as events may be. */
export const automationActions: Job = {
  name: "automation actions",
  async run(deps) {
    await doAutomationActions(deps, () => wakeAutomations(deps));
    await deleteDeadLetters(deps.db, deps.now() - deps.config.retention.events, deadLetters);
  },
};

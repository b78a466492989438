import type { Deps } from "../deps.ts";
import { automationActions } from "./automation-actions.ts";
import { automations } from "./automations.ts";
import { cancellationCleanup } from "./cancellation-cleanup.ts";
import { catchUp } from "./catch-up.ts";
import { eventRetention } from "./event-retention.ts";
import { deleteExpiredLeases } from "./expired-leases.ts";
import { foreman } from "./foreman.ts";
import type { Job, Tick } from "./job.ts";
import { lateRuns } from "./late-runs.ts";
import { notifications } from "./notifications.ts";
import { pauseExpirations } from "./pause-expirations.ts";
import { pendingDeletions } from "./pending-deletions.ts";
import { retention } from "./retention.ts";
import { scheduledRuns } from "./scheduled-runs.ts";
import { taskRunBacklog } from "./task-run-backlog.ts";
import { unresponsiveRuns } from "./unresponsive-runs.ts";

const jobs: readonly Job[] = [
  scheduledRuns,
  catchUp,
  lateRuns,
  pauseExpirations,
  cancellationCleanup,
  unresponsiveRuns,
  deleteExpiredLeases,
  taskRunBacklog,
  eventRetention,
  foreman,
  notifications,
  automations,
  automationActions,
  pendingDeletions,
  retention,
];

/** What `npm start` does every few seconds: Proactive triggers fire at their time. */
const frequentJobs: readonly Job[] = [automations, automationActions];

/** Runs the jobs of a tick in order, those of `frequent` ticks alone; a failing job is logged and the next ones still run. */
export async function runJobs(deps: Deps, tick: Tick): Promise<void> {
  for (const job of tick.cron === "frequent" ? frequentJobs : jobs) {
    try {
      await job.run(deps, tick);
    } catch (error) {
      deps.log("error", { job: job.name, error: String(error) });
    }
  }
}

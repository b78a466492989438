import type { Deps } from "../deps.ts";
import { presentTemplateObjects } from "../present/template-objects.ts";
import { doAutomationActions } from "../services/automation-actions/index.ts";
import { sendNotifications } from "../services/send-notifications.ts";

/**
 * Returns what starts the background work that a request has caused, in the background of that request: call it before the request, and the
 * result after it. Cron does what it leaves.
 */
export function afterwards(deps: Deps): () => void {
  const { writeCounters: counters } = deps;
  const before = { notifications: counters.of("flow_run_notification"), actions: counters.of("automation_action") };
  const inBackground = (job: string, work: Promise<unknown>) =>
    deps.waitUntil(work.catch((error) => deps.log("error", { job, error: String(error) })));
  return () => {
    if (counters.of("flow_run_notification") !== before.notifications) inBackground("notifications", sendNotifications(deps));
    if (counters.of("automation_action") !== before.actions)
      inBackground("automation actions", doAutomationActions({ ...deps, presentObjects: presentTemplateObjects }));
  };
}

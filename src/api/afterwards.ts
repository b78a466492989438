import type { Deps } from "../deps.ts";
import { sendNotifications } from "../services/send-notifications.ts";
import { wakeAutomations } from "../services/wake-automations.ts";
import { isEvaluationDue } from "../services/wake-evaluation.ts";

/**
 * Returns what starts the background work that a request has caused, in the background of that request: call it before the request, and the
 * result after it. Cron does what it leaves.
 */
export function afterwards(deps: Deps): () => void {
  const { writeCounters: counters } = deps;
  const before = { notifications: counters.of("flow_run_notification"), events: counters.of("event") };
  return () => {
    if (counters.of("event") !== before.events || isEvaluationDue(deps)) wakeAutomations(deps);
    if (counters.of("flow_run_notification") === before.notifications) return;
    deps.waitUntil(sendNotifications(deps).catch((error) => deps.log("error", { job: "notifications", error: String(error) })));
  };
}

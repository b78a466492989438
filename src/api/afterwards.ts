import type { Deps } from "../deps.ts";
import { sendNotifications } from "../services/send-notifications.ts";

/**
 * Returns what starts the background work that a request has caused, in the background of that request: call it before the request, and the
 * result after it. Cron does what it leaves.
 */
export function afterwards(deps: Deps): () => void {
  const before = deps.writeCounters.of("flow_run_notification");
  return () => {
    if (deps.writeCounters.of("flow_run_notification") === before) return;
    deps.waitUntil(sendNotifications(deps).catch((error) => deps.log("error", { job: "notifications", error: String(error) })));
  };
}

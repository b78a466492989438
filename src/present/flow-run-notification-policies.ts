import { formatTime } from "../lib/time.ts";
import type { FlowRunNotificationPolicy } from "../schemas/flow-run-notification-policies.ts";
import type { FlowRunNotificationPolicyRow } from "../store/tables/notification-policies.ts";

/** Returns a policy as responses show it. */
export const presentPolicy = (row: FlowRunNotificationPolicyRow): FlowRunNotificationPolicy => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
});

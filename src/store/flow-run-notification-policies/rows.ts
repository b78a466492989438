import { rowMapper } from "../sql/rows.ts";
import { flowRunNotificationPolicy } from "../tables/notification-policies.ts";

/** The rows of notification policies. */
export const policies = rowMapper(flowRunNotificationPolicy);

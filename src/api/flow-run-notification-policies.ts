import * as z from "zod";
import { found, notFound } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { presentPolicy } from "../present/flow-run-notification-policies.ts";
import { byId } from "../schemas/common.ts";
import {
  flowRunNotificationPolicy,
  flowRunNotificationPolicyCreate,
  flowRunNotificationPolicyList,
  flowRunNotificationPolicyUpdate,
} from "../schemas/flow-run-notification-policies.ts";
import { listPolicies, readPolicy } from "../store/flow-run-notification-policies/read.ts";
import { createPolicy, deletePolicy, updatePolicy } from "../store/flow-run-notification-policies/write.ts";

const tag = "Flow Run Notification Policies";
const absent = "flow run notification policy not found";

/** Of 3.3.0 alone: later versions have automations instead. */
export const flowRunNotificationPolicyOperations = [
  operation({
    method: "POST",
    path: "/flow_run_notification_policies/",
    tag,
    scope: "manage_automations",
    audited: "flow_run_notification_policy",
    summary: "Create Flow Run Notification Policy",
    body: flowRunNotificationPolicyCreate,
    response: flowRunNotificationPolicy,
    status: 201,
    errors: [409],
    handle: async ({ body, deps }) => {
      const now = deps.now();
      const row = { id: deps.newId(), created: now, updated: now, ...body };
      deps.db.about({ id: row.id });
      await createPolicy(deps.db, row);
      return presentPolicy(row);
    },
  }),
  operation({
    method: "GET",
    path: "/flow_run_notification_policies/{id}",
    tag,
    scope: "see_automations",
    summary: "Read Flow Run Notification Policy",
    params: byId,
    response: flowRunNotificationPolicy,
    handle: async ({ params, deps }) => presentPolicy(found(await readPolicy(deps.db, params.id), absent)),
  }),
  operation({
    method: "POST",
    path: "/flow_run_notification_policies/filter",
    tag,
    scope: "see_automations",
    summary: "Read Flow Run Notification Policies",
    body: flowRunNotificationPolicyList,
    bodyRequired: false,
    response: z.array(flowRunNotificationPolicy),
    handle: async ({ body: { flow_run_notification_policy_filter: filter, ...part }, deps }) =>
      (await listPolicies(deps.db, { is_active: filter?.is_active?.eq_, ...part })).map(presentPolicy),
  }),
  operation({
    method: "PATCH",
    path: "/flow_run_notification_policies/{id}",
    tag,
    scope: "manage_automations",
    audited: "flow_run_notification_policy",
    summary: "Update Flow Run Notification Policy",
    params: byId,
    body: flowRunNotificationPolicyUpdate,
    errors: [409],
    handle: async ({ params, body, deps }) => {
      if (!(await updatePolicy(deps.db, params.id, body, deps.now()))) throw notFound(absent);
    },
  }),
  operation({
    method: "DELETE",
    path: "/flow_run_notification_policies/{id}",
    tag,
    scope: "manage_automations",
    audited: "flow_run_notification_policy",
    summary: "Delete Flow Run Notification Policy",
    params: byId,
    handle: async ({ params, deps }) => {
      if (!(await deletePolicy(deps.db, params.id))) throw notFound(absent);
    },
  }),
];

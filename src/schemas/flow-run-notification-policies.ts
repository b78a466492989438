import * as z from "zod";
import { parseFormat } from "../lib/python/index.ts";
import { boolean, optional, uuid, wireTime } from "./common.ts";
import { listBody } from "./filters/bodies.ts";
import { list, requestBounds } from "./lists.ts";

/** The names that a message template may use (`prefect/server/schemas/core.py FLOW_RUN_NOTIFICATION_TEMPLATE_KWARGS`). */
export const templateNames = [
  "flow_run_notification_policy_id",
  "flow_id",
  "flow_name",
  "flow_run_url",
  "flow_run_id",
  "flow_run_name",
  "flow_run_parameters",
  "flow_run_state_type",
  "flow_run_state_name",
  "flow_run_state_timestamp",
  "flow_run_state_message",
] as const;
export type TemplateName = (typeof templateNames)[number];

const isTemplateName = (name: string): name is TemplateName => templateNames.some((known) => known === name);

/** Characters of a template, and of a message with all its values: services cut theirs at less. */
const longestTemplate = 50_000;
/** Fields of a template: each is replaced by parameters of half a megabyte at worst. */
const mostFields = 50;

function templateFault(template: string): string | null {
  const parts = parseFormat(template);
  if (parts === null) return "Value error, Invalid template: a field is a name in {braces}, and a brace is written twice";
  const fields = parts.filter((part) => typeof part !== "string");
  const unknown = fields.find(({ name }) => !isTemplateName(name));
  if (unknown !== undefined) return `Value error, Invalid template variable provided: '${unknown.name}'`;
  return fields.length > mostFields ? `Value error, A template has at most ${mostFields} fields` : null;
}

const messageTemplate = () =>
  z
    .string()
    .max(longestTemplate)
    .superRefine((template, context) => {
      const message = templateFault(template);
      if (message !== null) context.addIssue({ code: "custom", message });
    })
    .nullable();

const names = () => list(z.string(), requestBounds.tags);

export const flowRunNotificationPolicy = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    is_active: boolean(),
    state_names: names(),
    tags: names(),
    block_document_id: uuid(),
    message_template: z.string().nullable(),
  })
  .register(z.globalRegistry, { id: "FlowRunNotificationPolicy" });
export type FlowRunNotificationPolicy = z.input<typeof flowRunNotificationPolicy>;

export const flowRunNotificationPolicyCreate = z
  .strictObject({
    is_active: boolean().default(true),
    state_names: names(),
    tags: names(),
    block_document_id: uuid(),
    message_template: messageTemplate().default(null),
  })
  .register(z.globalRegistry, { id: "FlowRunNotificationPolicyCreate" });
export type FlowRunNotificationPolicyCreate = z.output<typeof flowRunNotificationPolicyCreate>;

export const flowRunNotificationPolicyUpdate = z
  .strictObject({
    is_active: boolean().nullable().optional(),
    state_names: names().nullable().optional(),
    tags: names().nullable().optional(),
    block_document_id: uuid().nullable().optional(),
    message_template: messageTemplate().optional(),
  })
  .register(z.globalRegistry, { id: "FlowRunNotificationPolicyUpdate" });
export type FlowRunNotificationPolicyUpdate = z.output<typeof flowRunNotificationPolicyUpdate>;

const isActive = z
  .strictObject({ eq_: optional(boolean()) })
  .register(z.globalRegistry, { id: "FlowRunNotificationPolicyFilterIsActive" });

// As in the reference, a filter without conditions finds the policies that are not active.
const policyFilter = z
  .strictObject({ is_active: isActive.nullable().default({ eq_: false }) })
  .register(z.globalRegistry, { id: "FlowRunNotificationPolicyFilter" });

export const flowRunNotificationPolicyList = listBody({ flow_run_notification_policy_filter: optional(policyFilter) });

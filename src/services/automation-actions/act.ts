import type { Deps } from "../../deps.ts";
import type { AuditedKind } from "../../domain/audit.ts";
import { receivedFiring } from "../../domain/automations/action-events.ts";
import { type ActionOutcome, executed, type Triggered, type TriggeredAction } from "../../domain/automations/triggered-action.ts";
import type { Action } from "../../schemas/automations/actions.ts";
import { auditedDatabase } from "../../store/audit/write.ts";
import type { TakenAction } from "../../store/automation-actions/queue.ts";
import { runDeploymentAction, setDeploymentPaused } from "./deployments.ts";
import { deleteFlowRunAction, resumeFlowRunAction, setStateAction } from "./flow-runs.ts";
import { sendNotificationAction } from "./notification.ts";
import { setAutomationPaused, setWorkPoolPaused, setWorkQueuePaused } from "./others.ts";
import { callWebhook } from "./webhook.ts";

/** Returns a taken action as its firing triggered it. */
export function triggeredAction({ row, firing: fired }: TakenAction): TriggeredAction {
  const { invocation, action_index, action, attempts, sent, on_trigger } = row;
  const { automation, firing, triggered, triggered_event_id } = fired;
  const triggering_event = on_trigger
    ? receivedFiring(automation, firing, { id: triggered_event_id, now: triggered })
    : firing.triggering_event;
  return {
    invocation,
    action_index,
    action,
    automation,
    firing,
    triggered,
    triggered_event_id,
    triggering_event,
    attempts,
    sent,
  };
}

type Act<Type extends Action["type"]> = (deps: Deps, one: Triggered<Type>) => Promise<ActionOutcome>;

const acts: { readonly [Type in Action["type"]]: Act<Type> } = {
  "do-nothing": async () => executed(),
  "run-deployment": runDeploymentAction,
  "pause-deployment": setDeploymentPaused,
  "resume-deployment": setDeploymentPaused,
  "cancel-flow-run": setStateAction,
  "suspend-flow-run": setStateAction,
  "change-flow-run-state": setStateAction,
  "resume-flow-run": resumeFlowRunAction,
  "delete-flow-run": deleteFlowRunAction,
  "pause-work-pool": setWorkPoolPaused,
  "resume-work-pool": setWorkPoolPaused,
  "pause-work-queue": setWorkQueuePaused,
  "resume-work-queue": setWorkQueuePaused,
  "pause-automation": setAutomationPaused,
  "resume-automation": setAutomationPaused,
  "call-webhook": callWebhook,
  "send-notification": sendNotificationAction,
};

/** The operations that do what actions do, as far as the audit tells them. */
const operations: { readonly [Type in Action["type"]]?: readonly [kind: AuditedKind, operation: string] } = {
  "run-deployment": ["flow_run", "POST /deployments/{id}/create_flow_run"],
  "pause-deployment": ["deployment", "POST /deployments/{id}/pause_deployment"],
  "resume-deployment": ["deployment", "POST /deployments/{id}/resume_deployment"],
  "delete-flow-run": ["flow_run", "DELETE /flow_runs/{id}"],
  "pause-work-pool": ["work_pool", "PATCH /work_pools/{name}"],
  "resume-work-pool": ["work_pool", "PATCH /work_pools/{name}"],
  "pause-work-queue": ["work_queue", "PATCH /work_queues/{id}"],
  "resume-work-queue": ["work_queue", "PATCH /work_queues/{id}"],
  "pause-automation": ["automation", "PATCH /automations/{id}"],
  "resume-automation": ["automation", "PATCH /automations/{id}"],
};

/** Does an action through the services that requests use; the audit tells it as done by its automation. */
export const act = async <Type extends Action["type"]>(deps: Deps, one: Triggered<Type>): Promise<ActionOutcome> => {
  const type: Type = one.action.type;
  const [kind, operation] = operations[type] ?? [];
  if (kind === undefined || operation === undefined) return acts[type](deps, one);
  const { id, name } = one.automation;
  const actor = { type: "AUTOMATION", id, name, role: null } as const;
  // An action that is done again has one row.
  const entry = { id: one.invocation, actor, operation, kind, object: {}, request_id: null };
  const db = auditedDatabase(deps.db, entry, deps.now);
  return acts[type]({ ...deps, db }, one).finally(db.end);
};

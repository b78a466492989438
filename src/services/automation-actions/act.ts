import type { Deps } from "../../deps.ts";
import { receivedFiring } from "../../domain/automations/action-events.ts";
import { type ActionOutcome, executed, type Triggered, type TriggeredAction } from "../../domain/automations/triggered-action.ts";
import type { Action } from "../../schemas/automations/actions.ts";
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

/** Does an action through the services that requests use. */
export const act = async <Type extends Action["type"]>(deps: Deps, one: Triggered<Type>): Promise<ActionOutcome> => {
  const type: Type = one.action.type;
  return acts[type](deps, one);
};

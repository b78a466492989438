import type { JsonObject } from "../../lib/json.ts";
import { formatTime, type Micros, parseTime } from "../../lib/time.ts";
import type { Automation } from "../../schemas/automations/automations.ts";
import type { Event, Labels } from "../events/event.ts";
import type { Stamps } from "../surroundings.ts";
import type { Firing, SeenEvent } from "./firing.ts";
import type { ActionOutcome, Told, TriggeredAction } from "./triggered-action.ts";
import { triggeredEvent } from "./triggered-event.ts";

const postureOf = ({ trigger }: Automation): Labels => (trigger.type === "event" ? { "prefect.posture": trigger.posture } : {});

const relatedEvent = (id: string, role: string): Labels => ({
  "prefect.resource.id": `prefect.event.${id}`,
  "prefect.resource.role": role,
});

/** Returns the event of a firing as the triggering event of `actions_on_trigger`. */
export function receivedFiring(
  automation: Automation,
  firing: Firing,
  stamp: { readonly id: string; readonly now: Micros },
): SeenEvent {
  const event = triggeredEvent(automation, firing, stamp.id);
  const time = formatTime(stamp.now);
  return { ...event, occurred: time, received: time };
}

/** Events further apart are not put in order by `follows`. */
const tight: Micros = 5 * 60_000_000;

/**
 * Returns the events that tell the end of an action: that it was triggered, and that it was executed or has failed
 * (`prefect/server/events/actions.py succeed, fail`), and before them the event of the block that it has loaded.
 */
export function actionEvents(one: TriggeredAction, outcome: ActionOutcome, { now, newId }: Stamps): Event[] {
  const { automation, action, triggering_event: cause, triggered } = one;
  const resource = {
    "prefect.resource.id": `prefect.automation.${automation.id}`,
    "prefect.resource.name": automation.name,
    "prefect.trigger-type": automation.trigger.type,
    ...postureOf(automation),
  };
  const related = [
    ...outcome.related,
    relatedEvent(one.triggered_event_id, "automation-triggered-event"),
    ...(cause === null ? [] : [relatedEvent(cause.id, "triggering-event")]),
  ];
  const payload = { action_index: one.action_index, action_type: action.type, invocation: one.invocation };
  const follows = cause !== null && Math.abs(triggered - (parseTime(cause.occurred) ?? 0)) < tight ? cause.id : null;
  const first = newId();
  const loaded = blockLoaded(outcome, { now, newId });
  return [
    ...loaded,
    { id: first, occurred: triggered, event: "prefect.automation.action.triggered", resource, related, payload, follows },
    {
      id: newId(),
      occurred: now(),
      event: `prefect.automation.action.${outcome.kind === "executed" ? "executed" : "failed"}`,
      resource,
      related,
      payload: {
        ...payload,
        ...shortened({ ...(outcome.kind !== "executed" && { reason: outcome.reason }), ...outcome.details }),
      },
      follows: first,
    },
  ];
}

/** In characters: reasons may repeat parameters and templates, and an event has 1.5 MB at most. */
const longestText = 50_000;

const shortened = (details: Readonly<Record<string, unknown>>): JsonObject =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, typeof value === "string" ? value.slice(0, longestText) : value]),
  );

// `prefect/blocks/core.py _event_method_called_resources`
const blockLoaded = ({ loaded }: Told, { now, newId }: Stamps): Event[] =>
  loaded === undefined
    ? []
    : [
        {
          id: newId(),
          occurred: now(),
          event: `prefect.block.${loaded.slug}.loaded`,
          resource: { "prefect.resource.id": `prefect.block-document.${loaded.id}`, "prefect.resource.name": loaded.name },
          related: [{ "prefect.resource.id": `prefect.block-type.${loaded.slug}`, "prefect.resource.role": "block-type" }],
          payload: {},
          follows: null,
        },
      ];

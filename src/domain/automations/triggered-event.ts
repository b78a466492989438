import { parseTime } from "../../lib/time.ts";
import { type Event, eventSize, type Labels, maximumEventBytes } from "../events/event.ts";
import type { Firing } from "./firing.ts";

/** Returns the event `prefect.automation.triggered` of a firing; of a triggering event that is too large to be told the payload is left out. */
export function triggeredEvent(
  { id: automation_id, name }: { readonly id: string; readonly name: string },
  firing: Firing,
  id: string,
): Event {
  const { trigger, triggering_labels, triggering_event } = firing;
  const posture: Labels = trigger.type === "event" ? { "prefect.posture": trigger.posture } : {};
  const occurred = parseTime(firing.triggered) ?? 0;
  const event = (told: Firing["triggering_event"]): Event => ({
    id,
    occurred,
    event: "prefect.automation.triggered",
    resource: { "prefect.resource.id": `prefect.automation.${automation_id}`, "prefect.resource.name": name, ...posture },
    related:
      told === null ? [] : [{ "prefect.resource.id": `prefect.event.${told.id}`, "prefect.resource.role": "triggering-event" }],
    payload: { triggering_labels, triggering_event: told },
    follows: null,
  });
  const whole = event(triggering_event);
  if (triggering_event === null || eventSize(whole, occurred) <= maximumEventBytes) return whole;
  return event({ ...triggering_event, payload: {} });
}

/** Returns whether an event tells of a firing or of what was done for one: it has events as its causes. */
export const tellsOfFiring = (name: string): boolean =>
  name === "prefect.automation.triggered" || name.startsWith("prefect.automation.action.");

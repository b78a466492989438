import { formatTime, type Micros } from "../../lib/time.ts";
import type { Automation } from "../../schemas/automations/automations.ts";
import type { Event } from "../events/event.ts";

/** An automation with its times as they are stored. */
export type StoredAutomation = Omit<Automation, "created" | "updated"> & { readonly created: Micros; readonly updated: Micros };

/** Returns an automation as responses, events and templates show it. */
export const shownAutomation = (stored: StoredAutomation): Automation => ({
  ...stored,
  created: formatTime(stored.created),
  updated: formatTime(stored.updated),
});

/** Returns the event that tells a change of an automation, with the automation after it (`deleted`: before it). */
export const automationEvent = (
  what: "created" | "updated" | "deleted",
  stored: StoredAutomation,
  { id, occurred }: Pick<Event, "id" | "occurred">,
): Event => ({
  id,
  occurred,
  event: `prefect.automation.${what}`,
  resource: { "prefect.resource.id": `prefect.automation.${stored.id}`, "prefect.resource.name": stored.name },
  related: [],
  payload: { ...shownAutomation(stored) },
  follows: null,
});

import type { Deps } from "../../deps.ts";
import type { Firing } from "../../domain/automations/firing.ts";
import { triggeredEvent } from "../../domain/automations/triggered-event.ts";
import type { Event } from "../../domain/events/event.ts";
import { formatTime, parseTime } from "../../lib/time.ts";
import type { NewFiring } from "../../store/automation-actions/insert.ts";
import type { AutomationRow } from "../../store/tables/automations.ts";

/** Returns a firing of an automation as it is stored, and the event that tells of it. */
export function fired(
  { newId }: Pick<Deps, "newId">,
  row: AutomationRow,
  firing: Firing,
): { readonly firing: NewFiring; readonly event: Event } {
  const triggered_event_id = newId();
  const automation = { ...row, created: formatTime(row.created), updated: formatTime(row.updated) };
  const invocations = [...row.actions, ...row.actions_on_trigger].map(() => newId());
  const triggered = parseTime(firing.triggered) ?? 0;
  return {
    firing: { automation, firing, triggered, triggered_event_id, invocations },
    event: triggeredEvent(row, firing, triggered_event_id),
  };
}

import type { Firing } from "../../domain/automations/firing.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Automation } from "../../schemas/automations/automations.ts";
import type { Sql } from "../client.ts";
import { type Guard, sql } from "../sql/tag.ts";

/** A firing of an automation, with the id of its `prefect.automation.triggered` event and an id for the invocation of each action. */
export interface NewFiring {
  readonly automation: Automation;
  readonly firing: Firing;
  readonly triggered: Micros;
  readonly triggered_event_id: string;
  /** As many as `actions` and `actions_on_trigger` together, in this order. */
  readonly invocations: readonly string[];
}

/**
 * Returns the statements that store a firing and queue its actions, if the guard holds; none for an automation without actions. Its
 * `prefect.automation.triggered` event belongs into the same batch.
 */
export function insertFiring(fired: NewFiring, guard: Guard): Sql[] {
  const { automation, firing, triggered, triggered_event_id, invocations } = fired;
  const { actions, actions_on_trigger } = automation;
  if (invocations.length === 0) return [];
  const queued = stringifyJson(
    [...actions, ...actions_on_trigger].map((action, index) => ({
      invocation: invocations[index],
      index,
      on_trigger: index >= actions.length ? 1 : 0,
      action: stringifyJson(action),
    })),
  );
  return [
    sql`insert into automation_firing (id, automation_id, triggered, automation, firing, triggered_event_id)
      select ${firing.id}, ${automation.id}, ${triggered}, ${stringifyJson(automation)}, ${firingText(firing)}, ${triggered_event_id}
      where ${guard} on conflict do nothing`,
    sql`insert into automation_action (invocation, firing_id, automation_id, action_index, on_trigger, action)
      select a.value ->> 'invocation', ${firing.id}, ${automation.id}, a.value ->> 'index', a.value ->> 'on_trigger', a.value ->> 'action'
      from json_each(${queued}) a where ${guard} on conflict do nothing`,
  ];
}

/** In characters: the database takes about 5 MB a value, and one event may have 1.5 MB. */
const largestFiring = 3_000_000;

/** Returns a firing as it is stored: without its children where their events are too large together. */
function firingText(firing: Firing): string {
  const text = stringifyJson(firing);
  return text.length <= largestFiring ? text : stringifyJson({ ...firing, triggering_firings: [] });
}

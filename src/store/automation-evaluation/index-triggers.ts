import { nameKeys, resourceKeys } from "../../domain/automations/coverage.ts";
import { leavesOf, triggerIds } from "../../domain/automations/leaves.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { EventTrigger } from "../../schemas/automations/triggers.ts";
import type { Sql } from "../client.ts";
import { always, type Guard, sql } from "../sql/tag.ts";
import type { AutomationRow } from "../tables/automations.ts";

/** The longest beginning of a name that patterns are found by. */
export const longestPrefix = 40;
/** A trigger with more names and resources than this is found by its names alone. */
const mostKeys = 1_000;

/**
 * Returns the statements that have an automation evaluated as it is now, if the guard holds: for the batch of each of its writes, behind
 * the events of that batch. Triggers that it no longer has lose their memory; enabled Proactive ones are due at once. Deletion cascades.
 */
export function indexTriggers(
  { id, trigger, enabled }: Pick<AutomationRow, "id" | "trigger" | "enabled">,
  guard: Guard = always,
): Sql[] {
  const leaves = enabled ? leavesOf(trigger) : [];
  const isDue = new Set(leaves.filter((leaf) => leaf.trigger.posture === "Proactive").map((leaf) => leaf.trigger.id));
  const ids = triggerIds(trigger);
  const rows = stringifyJson(ids.map((one) => [one, isDue.has(one) ? 0 : null]));
  const names = stringifyJson(leaves.flatMap((leaf) => namesOf(leaf.trigger)));
  const newest = sql`(select coalesce(max(position), 0) from event)`;
  return [
    // While no automation was enabled the events have passed unseen.
    sql`update automation_cursor set version = version + 1,
        position = case when exists (select 1 from automation_trigger_name) then position else ${newest} end,
        automation_id = case when exists (select 1 from automation_trigger_name) then automation_id else '' end
      where ${guard}`,
    sql`delete from automation_trigger where automation_id = ${id} and id not in (select value from json_each(${stringifyJson(ids)})) and ${guard}`,
    sql`delete from automation_trigger_name where trigger_id in (select id from automation_trigger where automation_id = ${id}) and ${guard}`,
    sql`insert into automation_trigger (id, automation_id, since, due)
      select t.value ->> 0, ${id}, case when ${enabled ? 1 : 0} = 1 then ${newest} end, t.value ->> 1 from json_each(${rows}) t where ${guard}
      on conflict (id) do update set since = case when excluded.since is not null then coalesce(since, excluded.since) end, due = excluded.due`,
    sql`insert into automation_trigger_name (trigger_id, wild, name, resource_id, automation_id)
      select n.value ->> 0, n.value ->> 1, n.value ->> 2, n.value ->> 3, ${id} from json_each(${names}) n where ${guard} on conflict do nothing`,
  ];
}

function namesOf(trigger: EventTrigger): (string | number)[][] {
  const names = nameKeys(trigger).map(
    ({ name, isWild }) => [isWild ? 1 : 0, isWild ? [...name].slice(0, longestPrefix).join("") : name] as const,
  );
  const resources = resourceKeys(trigger) ?? [""];
  const isSmall = names.length * resources.length <= mostKeys;
  return names.flatMap(([wild, name]) => (isSmall ? resources : [""]).map((resource) => [trigger.id, wild, name, resource]));
}

import type { Event } from "../../domain/events/event.ts";
import { stringifyJson } from "../../lib/json.ts";
import { indexTriggers } from "../automation-evaluation/index-triggers.ts";
import type { Database, Sql } from "../client.ts";
import { insertEvents } from "../events/write.ts";
import { hasAsRead, isAsRead, writeIf } from "../sql/guarded.ts";
import { touched } from "../sql/rows.ts";
import { always, sql } from "../sql/tag.ts";
import { type AutomationRow, automation } from "../tables/automations.ts";
import { addTags, replaceTags } from "../tags.ts";
import { automations } from "./rows.ts";

interface NewAutomation {
  readonly row: AutomationRow;
  /** The resource that owns the automation, and those that it is related to. */
  readonly owner: string | null;
  readonly related: readonly string[];
  readonly event: Event;
}

/** Stores an automation with its event; one round trip. */
export async function insertAutomation(db: Database, { row, owner, related, event }: NewAutomation): Promise<void> {
  await db.write([
    automations.insert(row),
    ...addTags("automation", row.id, row.tags),
    ...(owner === null ? [] : [relateAutomation(row.id, [owner], true)]),
    relateAutomation(row.id, related, false),
    ...insertEvents([event], event.occurred),
    ...indexTriggers(row, always),
  ]);
}

// A resource that owns the automation goes on owning it.
export const relateAutomation = (id: string, resources: readonly string[], owned: boolean): Sql =>
  sql`insert into automation_related_resource (automation_id, resource_id, owned)
    select ${id}, value, ${owned ? 1 : 0} from json_each(${stringifyJson(resources)}) where 1 on conflict do nothing`;

interface ChangedAutomation {
  readonly existing: AutomationRow;
  readonly changes: Partial<AutomationRow> & Pick<AutomationRow, "updated">;
  /** The resources that it is related to from now on without being owned by them; undefined: as before. */
  readonly related?: readonly string[];
  readonly event: Event;
}

/** Changes an automation with its event if it still is as it was read; returns whether it was. One round trip. */
export async function updateAutomation(db: Database, { existing, changes, related, event }: ChangedAutomation): Promise<boolean> {
  const { id, updated } = existing;
  const written = await writeIf(db, hasAsRead(automation, { id, updated }), [
    sql`update automation set ${automations.set(changes)} where id = ${id}`,
    ...(changes.tags === undefined ? [] : replaceTags("automation", id, changes.tags)),
    ...(related === undefined
      ? []
      : [
          sql`delete from automation_related_resource where automation_id = ${id} and not owned`,
          relateAutomation(id, related, false),
        ]),
    ...insertEvents([event], event.occurred),
    ...indexTriggers({ ...existing, ...changes }, always),
  ]);
  return written !== null;
}

/** Deletes an automation with its event if it still is as it was read; returns whether it was. One round trip. */
export async function deleteAutomation(db: Database, { id, updated }: AutomationRow, event: Event): Promise<boolean> {
  const [, deleted] = await db.write([
    ...insertEvents([event], event.occurred, hasAsRead(automation, { id, updated })),
    sql`delete from automation where ${isAsRead({ id, updated })} returning id`,
  ]);
  return touched(deleted);
}

/** Deletes the automations that a resource owns, without events. */
export async function deleteOwnedAutomations(db: Database, resource_id: string): Promise<void> {
  await db.write([
    sql`delete from automation where id in
      (select automation_id from automation_related_resource where resource_id = ${resource_id} and owned)`,
  ]);
}

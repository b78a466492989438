import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { AutomationSort } from "../../schemas/automations/automations.ts";
import type { Database } from "../client.ts";
import { listOfChosen, readRows, rowsOf } from "../slices.ts";
import { emit } from "../sql/emit.ts";
import { readCount } from "../sql/rows.ts";
import { raw, sql } from "../sql/tag.ts";
import type { AutomationRow } from "../tables/automations.ts";
import { automations } from "./rows.ts";

/** Returns the automation, or null. */
export const readAutomation = async (db: Database, id: string): Promise<AutomationRow | null> =>
  automations.first(await db.execute(sql`select ${automations.columns("a")} from automation a where a.id = ${id}`));

const orders: Record<AutomationSort, string> = {
  NAME_ASC: "a.name, a.id",
  NAME_DESC: "a.name desc, a.id desc",
  CREATED_DESC: "a.created desc, a.id desc",
  UPDATED_DESC: "a.updated desc, a.id desc",
};

interface AutomationList {
  readonly where: Predicate;
  readonly sort: AutomationSort;
  readonly limit: number;
  readonly offset: number;
}

const parts = rowsOf(automations, "a", "id");

/** Returns the automations that match, in the order of the sort, which carries no triggers and actions. */
export function listAutomations(db: Database, { where, sort, limit, offset }: AutomationList): Promise<Rows<AutomationRow>> {
  const start = Math.min(offset, Number.MAX_SAFE_INTEGER);
  const order = orders[sort];
  // Each row in the order is asked for its tags: a list of all that have a common tag costs more than to go through all automations.
  const asked = emit(where, "a", "ask_by_index");
  const chosen = sql`select a.id from automation a where ${asked} order by ${raw(order)} limit ${limit} offset ${start}`;
  return readRows(db, listOfChosen(chosen, { ...parts, order }));
}

/** Returns how many automations match. */
export const countAutomations = async (db: Database, where: Predicate): Promise<number> =>
  readCount(await db.execute(sql`select count(*) from automation a where ${emit(where, "a")}`));

/** Returns all automations that are related to a resource, owned by it or not. */
export function listRelatedAutomations(db: Database, resource_id: string): Promise<Rows<AutomationRow>> {
  const chosen = sql`select automation_id id from automation_related_resource where resource_id = ${resource_id}`;
  return readRows(db, listOfChosen(chosen, { ...parts, order: "a.id" }));
}

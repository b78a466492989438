import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { AutomationSort } from "../../schemas/automations/automations.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { emit } from "../sql/emit.ts";
import { readCount } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
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

/** Returns the automations that match, in the order of the sort. */
export const listAutomations = (db: Database, { where, sort, limit, offset }: AutomationList): Promise<Rows<AutomationRow>> =>
  readRows(
    db,
    listOfMatching({ where: emit(where, "a"), limit, offset }, { ...rowsOf(automations, "a", "id"), order: orders[sort] }),
  );

/** Returns how many automations match. */
export const countAutomations = async (db: Database, where: Predicate): Promise<number> =>
  readCount(await db.execute(sql`select count(*) from automation a where ${emit(where, "a")}`));

/** Returns all automations that are related to a resource, owned by it or not. */
export function listRelatedAutomations(db: Database, resource_id: string): Promise<Rows<AutomationRow>> {
  const where = sql`a.id in (select automation_id from automation_related_resource where resource_id = ${resource_id})`;
  const all = { where, limit: Number.MAX_SAFE_INTEGER, offset: 0 };
  return readRows(db, listOfMatching(all, { ...rowsOf(automations, "a", "id"), order: "a.id" }));
}

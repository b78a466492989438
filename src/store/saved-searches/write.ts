import type { Micros } from "../../lib/time.ts";
import type { SavedSearchCreate } from "../../schemas/saved-searches.ts";
import type { Database } from "../client.ts";
import { lastOf, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { SavedSearchRow } from "../tables/saved-searches.ts";
import { searches } from "./rows.ts";

/** Stores a saved search, or replaces the filters of the one of that name; returns it and whether it is new. */
export async function putSavedSearch(
  db: Database,
  id: string,
  { name, filters }: SavedSearchCreate,
  now: Micros,
): Promise<{ row: SavedSearchRow; created: boolean }> {
  const row: SavedSearchRow = { id, created: now, updated: now, name, filters };
  const results = await db.write([
    // As in the reference, `updated` stays when the filters are replaced.
    searches.insert(row, "on conflict (name) do update set filters = excluded.filters"),
    sql`select ${searches.columns("s")} from saved_search s where s.name = ${name}`,
  ]);
  const stored = searches.first(lastOf(results));
  if (stored === null) throw new Error("a saved search is not there after it was stored");
  return { row: stored, created: stored.id === id };
}

/** Deletes a saved search; returns false if there is none. */
export async function deleteSavedSearch(db: Database, id: string): Promise<boolean> {
  const [deleted] = await db.write([sql`delete from saved_search where id = ${id} returning id`]);
  return touched(deleted);
}

import type { Rows } from "../lib/rows.ts";
import type { Micros } from "../lib/time.ts";
import type { SavedSearchCreate } from "../schemas/saved-searches.ts";
import type { Database } from "./client.ts";
import { listOfMatching, readRows, rowsOf } from "./slices.ts";
import { lastOf, rowMapper, touched } from "./sql/rows.ts";
import { always, sql } from "./sql/tag.ts";
import { type SavedSearchRow, savedSearch } from "./tables/saved-searches.ts";

const searches = rowMapper(savedSearch);

/** Returns the saved search, or null. */
export const readSavedSearch = async (db: Database, id: string): Promise<SavedSearchRow | null> =>
  searches.first(await db.execute(sql`select ${searches.columns("s")} from saved_search s where s.id = ${id}`));

/** Returns the saved searches by name. */
export const listSavedSearches = (db: Database, part: { limit: number; offset: number }): Promise<Rows<SavedSearchRow>> =>
  readRows(db, listOfMatching({ where: always, ...part }, { ...rowsOf(searches, "s", "id"), order: "s.name, s.id" }));

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

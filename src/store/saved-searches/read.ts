import type { Rows } from "../../lib/rows.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { always, sql } from "../sql/tag.ts";
import type { SavedSearchRow } from "../tables/saved-searches.ts";
import { searches } from "./rows.ts";

/** Returns the saved search, or null. */
export const readSavedSearch = async (db: Database, id: string): Promise<SavedSearchRow | null> =>
  searches.first(await db.execute(sql`select ${searches.columns("s")} from saved_search s where s.id = ${id}`));

/** Returns the saved searches by name. */
export const listSavedSearches = (db: Database, part: { limit: number; offset: number }): Promise<Rows<SavedSearchRow>> =>
  readRows(db, listOfMatching({ where: always, ...part }, { ...rowsOf(searches, "s", "id"), order: "s.name, s.id" }));

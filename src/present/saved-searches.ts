import { formatTime } from "../lib/time.ts";
import type { SavedSearch } from "../schemas/saved-searches.ts";
import type { SavedSearchRow } from "../store/tables/saved-searches.ts";

/** Returns a saved search as it stands in answers. */
export const presentSavedSearch = (row: SavedSearchRow): SavedSearch => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
});

import { rowMapper } from "../sql/rows.ts";
import { savedSearch } from "../tables/saved-searches.ts";

/** The rows of saved searches. */
export const searches = rowMapper(savedSearch);

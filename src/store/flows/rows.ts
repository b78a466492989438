import { rowMapper } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { flow } from "../tables/flows.ts";

/** The rows of flows. */
export const flows = rowMapper(flow);

/** The statement that reads flows (alias f), to which a condition is appended. */
export const selectFlow = sql`select ${flows.columns("f")} from flow f`;

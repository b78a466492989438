import { formatTime } from "../lib/time.ts";
import type { Variable } from "../schemas/variables.ts";
import type { VariableRow } from "../store/tables/variables.ts";

/** Returns a variable as it stands in answers. */
export const presentVariable = (row: VariableRow): Variable => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
});

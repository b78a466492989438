import { formatTime } from "../lib/time.ts";
import type { Flow } from "../schemas/flows.ts";
import type { FlowRow } from "../store/tables/flows.ts";

/** Returns a flow as in responses. */
export const presentFlow = (row: FlowRow): Flow => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
});

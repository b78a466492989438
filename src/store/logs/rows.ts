import { rowMapper } from "../sql/rows.ts";
import { log } from "../tables/logs.ts";

/** The rows of logs. */
export const logs = rowMapper(log);

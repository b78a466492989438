import { rowMapper } from "../sql/rows.ts";
import { automation } from "../tables/automations.ts";

/** The rows of automations. */
export const automations = rowMapper(automation);

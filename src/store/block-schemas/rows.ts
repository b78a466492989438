import { rowMapper } from "../sql/rows.ts";
import { blockSchema } from "../tables/blocks.ts";

export const blockSchemas = rowMapper(blockSchema);

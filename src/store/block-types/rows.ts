import { rowMapper } from "../sql/rows.ts";
import { blockType } from "../tables/blocks.ts";

export const blockTypes = rowMapper(blockType);

import { formatTime } from "../lib/time.ts";
import type { BlockType } from "../schemas/block-types.ts";
import type { BlockTypeRow } from "../store/tables/blocks.ts";

/** Returns a block type as it stands in answers. */
export const presentBlockType = (row: BlockTypeRow): BlockType => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
});

import type { BlockTypeUpdate } from "../../schemas/block-types.ts";
import { ConstraintViolation, type Database } from "../client.ts";
import { blockTypeEvent } from "../events/block-types.ts";
import type { Stamp } from "../events/write.ts";
import { readCount, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { BlockTypeRow } from "../tables/blocks.ts";
import { blockTypes } from "./rows.ts";

/** Stores a new block type; returns false where its slug is taken. */
export async function createBlockType(db: Database, row: BlockTypeRow, stamp: Stamp): Promise<boolean> {
  try {
    await db.write([blockTypes.insert(row), blockTypeEvent("created", stamp, sql`b.id = ${row.id}`)]);
    return true;
  } catch (error) {
    if (error instanceof ConstraintViolation && error.columns.includes("block_type.slug")) return false;
    throw error;
  }
}

/** Changes the texts that were sent; returns false if there is no such type. */
export async function updateBlockType(db: Database, id: string, update: BlockTypeUpdate, stamp: Stamp): Promise<boolean> {
  const [updated] = await db.write([
    sql`update block_type set ${blockTypes.set({ ...update, updated: stamp.now })} where id = ${id} returning id`,
    blockTypeEvent("updated", stamp, sql`b.id = ${id}`),
  ]);
  return touched(updated);
}

/** Deletes a block type with its schemas and documents, unless it is protected. */
export async function deleteBlockType(db: Database, id: string, stamp: Stamp): Promise<"deleted" | "protected" | "not_found"> {
  const [left, , deleted] = await db.write([
    sql`select count(*) from block_type where id = ${id} and is_protected = 1`,
    blockTypeEvent("deleted", stamp, sql`b.id = ${id} and b.is_protected = 0`),
    sql`delete from block_type where id = ${id} and is_protected = 0 returning id`,
  ]);
  if (touched(deleted)) return "deleted";
  return readCount(left) > 0 ? "protected" : "not_found";
}

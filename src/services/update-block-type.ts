import { changesTexts } from "../domain/blocks/type-texts.ts";
import type { Stamps } from "../domain/surroundings.ts";
import type { BlockTypeUpdate } from "../schemas/block-types.ts";
import { readBlockType } from "../store/block-types/read.ts";
import { updateBlockType as storeUpdate } from "../store/block-types/write.ts";
import type { Database } from "../store/client.ts";

/** Changes the sent texts of a block type; returns false if there is none. One round trip where nothing changes, else two. */
export async function updateBlockType(
  { db, now, newId }: Stamps & { readonly db: Database },
  id: string,
  update: BlockTypeUpdate,
): Promise<boolean> {
  const stored = await readBlockType(db, id);
  if (stored === null) return false;
  return !changesTexts(stored, update) || storeUpdate(db, id, update, { now: now(), eventId: newId() });
}

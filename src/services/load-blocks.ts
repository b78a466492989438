import { resolveDocuments } from "../domain/blocks/documents.ts";
import { type BlockData, collectBlockDocumentIds } from "../domain/parameters/job-templates.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
import { readBlockDocuments } from "../store/block-documents/read.ts";
import type { Database } from "../store/client.ts";

/**
 * Returns the data of the block documents that the defaults of a base job template name, secrets masked as in the reference
 * (`prefect/server/api/validation.py _resolve_default_reference`). One round trip, none for a template without such defaults.
 */
export const loadBlocks = (db: Database, template: Json): Promise<BlockData> =>
  loadBlockData(db, isJsonObject(template) ? collectBlockDocumentIds(template) : []);

/** Returns the data of block documents, secrets masked. One round trip, none for none. */
export async function loadBlockData(db: Database, ids: readonly string[]): Promise<BlockData> {
  if (ids.length === 0) return new Map();
  const { ids: found, byId, links } = await readBlockDocuments(db, ids);
  const resolve = resolveDocuments(
    Array.from(byId.values(), ({ row }) => ({ ...row, block_type: null })),
    links,
  );
  return new Map(found.map((id) => [id, resolve(id).data]));
}

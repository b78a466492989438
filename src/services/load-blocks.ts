import { resolveDocuments } from "../domain/blocks/documents.ts";
import { type BlockData, collectBlockDocumentIds } from "../domain/parameters/job-templates.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
import { readBlockDocuments } from "../store/block-documents/read.ts";
import type { Database } from "../store/client.ts";

/**
 * Returns the data of the block documents that the defaults of a base job template name, secrets masked as in the reference
 * (`prefect/server/api/validation.py _resolve_default_reference`). One round trip, none for a template without such defaults.
 */
export async function loadBlocks(db: Database, template: Json): Promise<BlockData> {
  const ids = isJsonObject(template) ? collectBlockDocumentIds(template) : [];
  if (ids.length === 0) return new Map();
  const { ids: found, byId, links } = await readBlockDocuments(db, ids);
  const resolve = resolveDocuments(
    Array.from(byId.values(), ({ row }) => ({ ...row, block_type: null })),
    links,
  );
  return new Map(found.map((id) => [id, resolve(id).data]));
}

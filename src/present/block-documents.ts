import { resolveDocuments } from "../domain/blocks/documents.ts";
import { formatTime } from "../lib/time.ts";
import type { BlockDocument } from "../schemas/block-documents.ts";
import type { DocumentTree } from "../store/block-documents/read.ts";
import { presentBlockSchema } from "./block-schemas.ts";
import { presentBlockType } from "./block-types.ts";

/** Returns the block documents of a tree as they stand in answers: with the data that the tree has, what they refer to among them. */
export function presentBlockDocuments({ ids, byId, links, schemas }: DocumentTree): BlockDocument[] {
  const parts = Array.from(byId.values(), ({ row, type }) => ({ ...row, block_type: presentBlockType(type) }));
  const resolve = resolveDocuments(parts, links);
  return ids.flatMap((id) => {
    const stored = byId.get(id);
    if (stored === undefined) return [];
    const { secrets: _, ...row } = stored.row;
    const { data, references } = resolve(id);
    return {
      ...row,
      created: formatTime(row.created),
      updated: formatTime(row.updated),
      data,
      block_schema: presentBlockSchema({ id: row.block_schema_id, tree: schemas }),
      block_type_name: stored.type.name,
      block_type: presentBlockType(stored.type),
      block_document_references: { ...references },
    };
  });
}

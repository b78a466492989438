import type { DocumentReference } from "../../domain/blocks/documents.ts";
import { stringifyJson } from "../../lib/json.ts";
import { ConstraintViolation, type Database, type Sql } from "../client.ts";
import { blockDocumentEvent } from "../events/block-documents.ts";
import type { Stamp } from "../events/write.ts";
import { hasAsRead, writeIf } from "../sql/guarded.ts";
import { touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { BlockDocumentRow } from "../tables/blocks.ts";
import { blockDocument } from "../tables/blocks.ts";
import { selectCircular } from "./facts.ts";
import { type DocumentTree, isDocument, readDocumentTree, selectDocumentTree } from "./read.ts";
import { blockDocuments } from "./rows.ts";

const isIt = (id: string): Sql => sql`d.id = ${id}`;

const insertReferences = (parent_id: string, references: readonly DocumentReference[]): Sql[] =>
  references.length === 0
    ? []
    : [
        sql`insert into block_document_reference (parent_id, name, child_id)
          select ${parent_id}, e.value ->> 'name', e.value ->> 'id' from json_each(${stringifyJson(references)}) e`,
      ];

/** Stores a new document and returns it with all that it refers to; "name_taken", or "missing" where something it refers to is not there. */
export async function createBlockDocument(
  db: Database,
  row: BlockDocumentRow,
  references: readonly DocumentReference[],
  stamp: Stamp,
): Promise<DocumentTree | "name_taken" | "missing"> {
  const writes = [
    blockDocuments.insert(row),
    ...insertReferences(row.id, references),
    blockDocumentEvent("created", stamp, isIt(row.id)),
  ];
  try {
    const results = await db.write([...writes, ...selectDocumentTree(isDocument(row.id))]);
    return readDocumentTree(results.slice(writes.length));
  } catch (error) {
    if (!(error instanceof ConstraintViolation)) throw error;
    return error.kind === "unique" ? "name_taken" : "missing";
  }
}

/** What a change writes; null: the document is told to have changed, and stays as it is. */
export type DocumentChange = Pick<BlockDocumentRow, "data" | "secrets" | "block_schema_id"> & {
  readonly references: readonly DocumentReference[];
};

/** Changes a document and all of its references, unless it was changed since it was read or something it refers to went. */
export async function updateBlockDocument(
  db: Database,
  { id, updated }: BlockDocumentRow,
  change: DocumentChange | null,
  stamp: Stamp,
): Promise<boolean> {
  const told = blockDocumentEvent("updated", stamp, isIt(id));
  if (change === null) {
    await db.write([told]);
    return true;
  }
  const { references, ...columns } = change;
  const ids = references.map((one) => one.id);
  const guard = sql`${hasAsRead(blockDocument, { id, updated })} and not exists (${selectCircular(id, ids)})`;
  try {
    const results = await writeIf(db, guard, [
      sql`update block_document set ${blockDocuments.set({ ...columns, updated: stamp.now })} where id = ${id}`,
      sql`delete from block_document_reference where parent_id = ${id}`,
      ...insertReferences(id, references),
      told,
    ]);
    return results !== null;
  } catch (error) {
    if (error instanceof ConstraintViolation) return false;
    throw error;
  }
}

/** Deletes a document; returns false if there is none. */
export async function deleteBlockDocument(db: Database, id: string, stamp: Stamp): Promise<boolean> {
  const [, deleted] = await db.write([
    blockDocumentEvent("deleted", stamp, isIt(id)),
    sql`delete from block_document where id = ${id} returning id`,
  ]);
  return touched(deleted);
}

import type { JsonObject } from "../../lib/json.ts";
import { isJsonObject, stringifyJson } from "../../lib/json.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { readIds, touched } from "../sql/rows.ts";
import { json, mapped, selection, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import type { BlockDocumentRow } from "../tables/blocks.ts";
import { blockDocuments } from "./rows.ts";

/** A schema as far as its documents need it. */
export interface SchemaOfDocument {
  readonly id: string;
  readonly block_type_id: string;
  readonly fields: JsonObject;
}

const schema = selection({
  id: text("s.id"),
  block_type_id: text("s.block_type_id"),
  fields: mapped(json("s.fields"), (value) => (isJsonObject(value) ? value : {})),
});

const selectSchema = (id: string | null): Sql => sql`select ${schema.columns} from block_schema s where s.id = ${id}`;

/** The statement that gives those of some documents that exist. */
export const selectExistingDocuments = (ids: readonly string[]): Sql =>
  sql`select d.id from json_each(${stringifyJson(ids)}) w join block_document d on d.id = w.value`;

/** Returns what `selectExistingDocuments` found. */
export const readExistingDocuments = (result: ResultSet | undefined): ReadonlySet<string> => new Set(readIds(result));

/** What the creation of a document depends on. */
export interface DocumentCreationFacts {
  readonly schema: SchemaOfDocument | null;
  readonly type_exists: boolean;
  readonly name_taken: boolean;
  /** Those of the referred documents that exist. */
  readonly existing: ReadonlySet<string>;
}

/** Returns what the creation of a document depends on; one round trip. */
export async function loadDocumentCreation(
  db: Database,
  wanted: {
    readonly block_schema_id: string;
    readonly block_type_id: string;
    readonly name: string | null;
    readonly ids: readonly string[];
  },
): Promise<DocumentCreationFacts> {
  const { block_schema_id, block_type_id, name, ids } = wanted;
  const [schemas, types, named, existing] = await db.read([
    selectSchema(block_schema_id),
    sql`select id from block_type where id = ${block_type_id}`,
    sql`select id from block_document where block_type_id = ${block_type_id} and name = ${name}`,
    selectExistingDocuments(ids),
  ]);
  return {
    schema: schema.first(schemas),
    type_exists: touched(types),
    name_taken: touched(named),
    existing: readExistingDocuments(existing),
  };
}

/** What a change of a document depends on. */
export interface DocumentUpdateFacts {
  readonly row: BlockDocumentRow;
  readonly schema: SchemaOfDocument;
  /** The schema that it is to get; null where that does not exist or none is wanted. */
  readonly proposed: SchemaOfDocument | null;
  readonly existing: ReadonlySet<string>;
  /** Those of the referred documents from which the document itself is reached. */
  readonly circular: ReadonlySet<string>;
}

/** Returns the statement that gives those of some documents from which another is reached by references. */
export const selectCircular = (id: string, ids: readonly string[]): Sql => sql`with recursive reached (start, id) as (
    select value, value from json_each(${stringifyJson(ids)}) union
    select t.start, r.child_id from reached t join block_document_reference r on r.parent_id = t.id)
  select distinct start as id from reached where id = ${id}`;

/** Returns what a change of a document depends on, null if there is no such document; one round trip. */
export async function loadDocumentUpdate(
  db: Database,
  id: string,
  { block_schema_id, ids }: { readonly block_schema_id: string | null; readonly ids: readonly string[] },
): Promise<DocumentUpdateFacts | null> {
  const [document, current, proposed, existing, circular] = await db.read([
    sql`select ${blockDocuments.columns("d")} from block_document d where d.id = ${id}`,
    sql`select ${schema.columns} from block_document d join block_schema s on s.id = d.block_schema_id where d.id = ${id}`,
    selectSchema(block_schema_id),
    selectExistingDocuments(ids),
    selectCircular(id, ids),
  ]);
  const row = blockDocuments.first(document);
  const own = schema.first(current);
  if (row === null || own === null) return null;
  return {
    row,
    schema: own,
    proposed: schema.first(proposed),
    existing: readExistingDocuments(existing),
    circular: new Set(readIds(circular)),
  };
}

/** The statement that loads documents as they are stored, by their ids. */
export const selectStoredDocuments = (ids: readonly string[]): Sql =>
  sql`select ${blockDocuments.columns("d")} from json_each(${stringifyJson(ids)}) w join block_document d on d.id = w.value`;

/** Returns what `selectStoredDocuments` found. */
export const readStoredDocuments = (result: ResultSet | undefined): BlockDocumentRow[] => blockDocuments.rows(result);

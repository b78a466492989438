import type { DocumentLink } from "../../domain/blocks/documents.ts";
import { Rows } from "../../lib/rows.ts";
import type { BlockDocumentSort } from "../../schemas/block-documents.ts";
import type { BlockDocumentFilter, BlockSchemaFilter, BlockTypeFilter } from "../../schemas/filters/blocks.ts";
import { readSchemaTree, type SchemaTree, selectSchemaTree } from "../block-schemas/read.ts";
import { isWantedDocument, isWantedSchema, isWantedType } from "../block-types/filter.ts";
import { blockTypes } from "../block-types/rows.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { readInParts } from "../slices.ts";
import { listOfIds, readCount, readIds } from "../sql/rows.ts";
import { selection, text } from "../sql/selection.ts";
import { allOf, raw, sql } from "../sql/tag.ts";
import type { BlockDocumentRow, BlockTypeRow } from "../tables/blocks.ts";
import { blockDocuments } from "./rows.ts";

/** A document with its type. */
export interface StoredBlockDocument {
  readonly row: BlockDocumentRow;
  readonly type: BlockTypeRow;
}

/** Documents of an answer, with all that they refer to and their schemas. */
export interface DocumentTree {
  /** The documents that were asked for, in order. */
  readonly ids: readonly string[];
  readonly byId: ReadonlyMap<string, StoredBlockDocument>;
  readonly links: readonly DocumentLink[];
  readonly schemas: SchemaTree;
}

const stored = selection({ row: blockDocuments.cells("d"), type: blockTypes.cells("b") });
const linked = selection({ parent_id: text("r.parent_id"), name: text("r.name"), child_id: text("r.child_id") });

/** How many documents one answer puts together, those referred to included. */
const mostTogether = 5000;

const treeOf = (ids: Sql): Sql => sql`with recursive tree (id) as (select id from (${ids}) union
  select r.child_id from tree t join block_document_reference r on r.parent_id = t.id limit ${mostTogether})`;

/** The statements that read the documents of a statement of ids with all that they refer to. */
export const selectDocumentTree = (ids: Sql): readonly Sql[] => [
  ids,
  sql`${treeOf(ids)} select ${stored.columns} from tree t join block_document d on d.id = t.id join block_type b on b.id = d.block_type_id`,
  sql`${treeOf(ids)} select ${linked.columns} from tree t join block_document_reference r on r.parent_id = t.id order by r.parent_id, r.name`,
  ...selectSchemaTree(sql`select block_schema_id as id from block_document where id in (${ids})`),
];

/** Returns what the statements of `selectDocumentTree` found. */
export function readDocumentTree([ids, documents, links, schemas, schemaLinks]: readonly (
  | ResultSet
  | undefined
)[]): DocumentTree {
  const byId = new Map(stored.rows(documents).map((one) => [one.row.id, one]));
  return {
    ids: readIds(ids).filter((id) => byId.has(id)),
    byId,
    links: linked.rows(links),
    schemas: readSchemaTree(schemas, schemaLinks),
  };
}

export const isDocument = (id: string): Sql => sql`select id from block_document where id = ${id}`;

/** Returns the document alone in its tree; an empty tree where there is none. */
export const readBlockDocument = async (db: Database, id: string): Promise<DocumentTree> =>
  readDocumentTree(await db.read(selectDocumentTree(isDocument(id))));

/** Returns those of some documents that exist, in one tree. */
export const readBlockDocuments = async (db: Database, ids: readonly string[]): Promise<DocumentTree> =>
  readDocumentTree(
    await db.read(selectDocumentTree(sql`select id from block_document where id in (${listOfIds(ids)}) order by id`)),
  );

/** Returns the document of that name and type, anonymous or not, alone in its tree. */
export async function readBlockDocumentByName(db: Database, slug: string, name: string): Promise<DocumentTree> {
  const ids = sql`select d.id from block_type b join block_document d on d.block_type_id = b.id where b.slug = ${slug} and d.name = ${name}`;
  return readDocumentTree(await db.read(selectDocumentTree(ids)));
}

export interface BlockDocumentFilters {
  readonly block_documents?: BlockDocumentFilter | undefined;
  readonly block_types?: BlockTypeFilter | undefined;
  readonly block_schemas?: BlockSchemaFilter | undefined;
}

const notAnonymous = raw("d.is_anonymous = 0");

function isWanted({ block_documents, block_types, block_schemas }: BlockDocumentFilters): Sql {
  const parts = [block_documents === undefined ? notAnonymous : isWantedDocument(block_documents, "d")];
  if (block_types !== undefined)
    parts.push(sql`exists (select 1 from block_type t where t.id = d.block_type_id and ${isWantedType(block_types, "t")})`);
  if (block_schemas !== undefined)
    parts.push(
      sql`exists (select 1 from block_schema s where s.id = d.block_schema_id and ${isWantedSchema(block_schemas, "s")})`,
    );
  return allOf(parts.map((part) => sql`(${part})`));
}

const orders: Record<BlockDocumentSort, string> = {
  NAME_ASC: "d.name, d.id",
  NAME_DESC: "d.name desc, d.id desc",
  BLOCK_TYPE_AND_NAME_ASC: "b.name, d.name, d.id",
};

export interface BlockDocumentList extends BlockDocumentFilters {
  readonly sort: BlockDocumentSort;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the documents that match in parts, each with all that its documents refer to. */
export function listBlockDocuments(db: Database, { sort, limit, offset, ...filters }: BlockDocumentList): Rows<DocumentTree> {
  const start = Math.min(offset, Number.MAX_SAFE_INTEGER);
  const type = sort === "BLOCK_TYPE_AND_NAME_ASC" ? raw("join block_type b on b.id = d.block_type_id") : raw("");
  const ids = sql`select d.id from block_document d ${type} where ${isWanted(filters)} order by ${raw(orders[sort])} limit ${limit} offset ${start}`;
  return readTrees(db, ids);
}

const readTrees = (db: Database, ids: Sql): Rows<DocumentTree> =>
  new Rows(readInParts(db, ids, async (some) => readDocumentTree(await db.read(selectDocumentTree(some)))));

/** Returns how many documents match. */
export const countBlockDocuments = async (db: Database, filters: BlockDocumentFilters): Promise<number> =>
  readCount(await db.execute(sql`select count(*) from block_document d where ${isWanted(filters)}`));

/** Returns the named documents of a type by name, in parts; null if there is no such type. One round trip where they are few. */
export async function listDocumentsOfType(db: Database, slug: string): Promise<DocumentTree[] | null> {
  const ids = sql`select d.id from block_type b join block_document d on d.block_type_id = b.id
    where b.slug = ${slug} and d.is_anonymous = 0 order by d.name`;
  let exists = false;
  const parts = readInParts(db, ids, async (some) => {
    const [type, ...tree] = await db.read([sql`select id from block_type where slug = ${slug}`, ...selectDocumentTree(some)]);
    exists ||= readIds(type).length > 0;
    return readDocumentTree(tree);
  });
  const trees = await Array.fromAsync(parts);
  return exists ? trees : null;
}

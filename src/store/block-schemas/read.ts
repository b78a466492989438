import type { SchemaLink } from "../../domain/blocks/register-schema.ts";
import type { SchemaPart } from "../../domain/blocks/schema-fields.ts";
import type { Rows as StoredRows } from "../../lib/rows.ts";
import { Rows } from "../../lib/rows.ts";
import type { BlockSchemaFilter } from "../../schemas/filters/blocks.ts";
import { isWantedSchema } from "../block-types/filter.ts";
import { blockTypes } from "../block-types/rows.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { readInParts } from "../slices.ts";
import { readIds } from "../sql/rows.ts";
import { selection, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import type { BlockSchemaRow, BlockTypeRow } from "../tables/blocks.ts";
import { blockSchemas } from "./rows.ts";

/** A schema with its type. */
export interface StoredBlockSchema {
  readonly row: BlockSchemaRow;
  readonly type: BlockTypeRow;
}

/** Schemas, and all that they nest. */
export interface SchemaTree {
  readonly byId: ReadonlyMap<string, StoredBlockSchema>;
  /** All of them in the order of their creation. */
  readonly parts: readonly SchemaPart[];
  readonly links: readonly SchemaLink[];
}

const stored = selection({ row: blockSchemas.cells("s"), type: blockTypes.cells("b") });
const linked = selection({ parent_id: text("r.parent_id"), name: text("r.name"), child_id: text("r.child_id") });

/** How many schemas one answer puts together, nested ones included. */
const mostNested = 5000;

const treeOf = (ids: Sql): Sql => sql`with recursive tree (id) as (select id from (${ids}) union
  select r.child_id from tree t join block_schema_reference r on r.parent_id = t.id limit ${mostNested})`;

/** The statements that read the schemas of a statement of ids with all that they nest. */
export const selectSchemaTree = (ids: Sql): readonly [schemas: Sql, links: Sql] => [
  sql`${treeOf(ids)} select ${stored.columns} from tree t join block_schema s on s.id = t.id join block_type b on b.id = s.block_type_id
    order by s.created, s.id`,
  sql`${treeOf(ids)} select ${linked.columns} from tree t join block_schema_reference r on r.parent_id = t.id order by r.parent_id, r.name, r.child_id`,
];

/** Returns what the statements of `selectSchemaTree` found. */
export function readSchemaTree(schemas: ResultSet | undefined, links: ResultSet | undefined): SchemaTree {
  const rows = stored.rows(schemas);
  return {
    byId: new Map(rows.map((one) => [one.row.id, one])),
    parts: rows.map(({ row: { id, checksum, fields }, type: { slug } }) => ({ id, checksum, fields, slug })),
    links: linked.rows(links),
  };
}

/** A schema of an answer among all that the answer needs. */
export interface SchemaInTree {
  readonly id: string;
  readonly tree: SchemaTree;
}

async function readChosen(
  db: Database,
  ids: Sql,
  beside: readonly Sql[] = [],
): Promise<{ found: SchemaInTree[]; beside: ResultSet[] }> {
  const [chosen, schemas, links, ...others] = await db.read([ids, ...selectSchemaTree(ids), ...beside]);
  const tree = readSchemaTree(schemas, links);
  return { found: readIds(chosen).flatMap((id) => (tree.byId.has(id) ? [{ id, tree }] : [])), beside: others };
}

/** Returns the schema, or null. */
export async function readBlockSchema(db: Database, id: string): Promise<SchemaInTree | null> {
  const { found } = await readChosen(db, sql`select id from block_schema where id = ${id}`);
  return found[0] ?? null;
}

/** Returns the newest schema with a checksum, or that of a version; null without one. `beside` is read on the same snapshot. */
export async function readBlockSchemaByChecksum(
  db: Database,
  { checksum, version }: { readonly checksum: string; readonly version?: string | undefined },
  beside: Sql,
): Promise<{ found: SchemaInTree | null; beside: ResultSet | undefined }> {
  const ofVersion = version === undefined ? sql`` : sql` and version = ${version}`;
  const ids = sql`select id from block_schema where checksum = ${checksum}${ofVersion} order by created desc, id desc limit 1`;
  const read = await readChosen(db, ids, [beside]);
  return { found: read.found[0] ?? null, beside: read.beside[0] };
}

/** Returns the schemas that match, newest first. */
export function listBlockSchemas(
  db: Database,
  { block_schemas, limit, offset }: { block_schemas?: BlockSchemaFilter | undefined; limit: number; offset: number },
): StoredRows<SchemaInTree> {
  const where = block_schemas === undefined ? sql`1` : isWantedSchema(block_schemas, "s");
  const start = Math.min(offset, Number.MAX_SAFE_INTEGER);
  const ids = sql`select s.id from block_schema s where ${where} order by s.created desc, s.id desc limit ${limit} offset ${start}`;
  return new Rows(each(readInParts(db, ids, (some) => readChosen(db, some))));
}

async function* each<T>(parts: AsyncIterable<{ readonly found: readonly T[] }>): AsyncGenerator<T, void, undefined> {
  for await (const { found } of parts) yield* found;
}

const capability = selection({ value: text("c.value") });

/** Returns every capability that a schema has, each once. `beside` is read on the same snapshot. */
export async function listCapabilities(db: Database, beside: Sql): Promise<{ found: string[]; beside: ResultSet | undefined }> {
  const [capabilities, other] = await db.read([
    sql`select distinct ${capability.columns} from block_schema s, json_each(s.capabilities) c order by c.value limit 10000`,
    beside,
  ]);
  return { found: capability.rows(capabilities).map(({ value }) => value), beside: other };
}

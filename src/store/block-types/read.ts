import type { Rows } from "../../lib/rows.ts";
import type { BlockSchemaFilter, BlockTypeFilter } from "../../schemas/filters/blocks.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { listOfMatching, readList, rowsOf } from "../slices.ts";
import { allOf, sql } from "../sql/tag.ts";
import type { BlockTypeRow } from "../tables/blocks.ts";
import { isWantedSchema, isWantedType } from "./filter.ts";
import { blockTypes } from "./rows.ts";

const selectType = sql`select ${blockTypes.columns("b")} from block_type b`;

/** Returns the block type, or null. */
export const readBlockType = async (db: Database, id: string): Promise<BlockTypeRow | null> =>
  blockTypes.first(await db.execute(sql`${selectType} where b.id = ${id}`));

/** Something that is read, and what a statement beside it found on the same snapshot. */
export interface ReadBeside<T> {
  readonly found: T;
  readonly beside: ResultSet | undefined;
}

/** Returns the block type of that exact slug, or null. */
export async function readBlockTypeBySlug(db: Database, slug: string, beside: Sql): Promise<ReadBeside<BlockTypeRow | null>> {
  const [type, other] = await db.read([sql`${selectType} where b.slug = ${slug}`, beside]);
  return { found: blockTypes.first(type), beside: other };
}

export interface BlockTypeList {
  readonly block_types?: BlockTypeFilter | undefined;
  readonly block_schemas?: BlockSchemaFilter | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the block types that match and have a schema that matches, by name. */
export async function listBlockTypes(db: Database, list: BlockTypeList, beside: Sql): Promise<ReadBeside<Rows<BlockTypeRow>>> {
  const { block_types, block_schemas, limit, offset } = list;
  const where = allOf([
    ...(block_types === undefined ? [] : [isWantedType(block_types, "b")]),
    ...(block_schemas === undefined
      ? []
      : [sql`exists (select 1 from block_schema s where s.block_type_id = b.id and ${isWantedSchema(block_schemas, "s")})`]),
  ]);
  const read = await readList(
    db,
    listOfMatching({ where, limit, offset }, { ...rowsOf(blockTypes, "b", "id"), order: "b.name, b.id" }),
    beside,
  );
  return { found: read.rows, beside: read.beside[0] };
}

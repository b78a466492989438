import type { NewSchema, SchemaLink } from "../../domain/blocks/register-schema.ts";
import type { Micros } from "../../lib/time.ts";
import { ConstraintViolation, type Database } from "../client.ts";
import { readCount, rowMapper, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { type BlockSchemaRow, blockSchemaReference } from "../tables/blocks.ts";
import { blockSchemas } from "./rows.ts";

const references = rowMapper(blockSchemaReference);

/** Stores new schemas with their links; returns the rows, null where something that they refer to or collide with has changed. */
export async function createBlockSchemas(
  db: Database,
  { schemas, links }: { readonly schemas: readonly NewSchema[]; readonly links: readonly SchemaLink[] },
  now: () => Micros,
): Promise<BlockSchemaRow[] | null> {
  const rows = schemas.map((schema) => {
    const at = now();
    return { ...schema, created: at, updated: at, capabilities: [...schema.capabilities] };
  });
  try {
    await db.write([...rows.map((row) => blockSchemas.insert(row)), ...links.map((link) => references.insert(link))]);
    return rows;
  } catch (error) {
    if (error instanceof ConstraintViolation) return null;
    throw error;
  }
}

/** Deletes a schema with its documents, unless its type is protected. */
export async function deleteBlockSchema(db: Database, id: string): Promise<"deleted" | "protected" | "not_found"> {
  const [left, deleted] = await db.write([
    sql`select count(*) from block_schema s join block_type b on b.id = s.block_type_id where s.id = ${id} and b.is_protected = 1`,
    sql`delete from block_schema where id = ${id}
      and not exists (select 1 from block_type b where b.id = block_type_id and b.is_protected = 1) returning id`,
  ]);
  if (touched(deleted)) return "deleted";
  return readCount(left) > 0 ? "protected" : "not_found";
}

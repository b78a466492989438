import type { Stamps } from "../../domain/surroundings.ts";
import type { JsonObject } from "../../lib/json.ts";
import { blockSchemas } from "../block-schemas/rows.ts";
import { blockTypes } from "../block-types/rows.ts";
import type { Database, Sql } from "../client.ts";
import { createdBlockTypeEvents } from "../events/block-types.ts";
import { sql } from "../sql/tag.ts";
import type { BlockTypeRow } from "../tables/blocks.ts";
import { configurations, installedKey } from "./facts.ts";

/** A type that the server brings, with its schema where it has one. */
export interface SystemBlockType extends Omit<BlockTypeRow, "id" | "created" | "updated"> {
  readonly schema: { readonly checksum: string; readonly fields: JsonObject; readonly capabilities: string[] } | null;
}

/** The statement that notes which system block types are stored. */
const noteInstalled = (mark: string, { now }: Stamps): Sql => {
  const at = now();
  return configurations.insert(
    { key: installedKey, created: at, updated: at, value: mark },
    "on conflict (key) do update set value = excluded.value, updated = excluded.updated",
  );
};

/** Stores types of the server's own and their schemas in one batch: those that are there get their texts back and keep their id. */
export async function installBlockTypes(
  db: Database,
  types: readonly SystemBlockType[],
  { version, mark, ...stamps }: Stamps & { readonly version: string; readonly mark: string | null },
): Promise<void> {
  const now = stamps.now();
  const made = types.map(({ schema, ...type }) => ({
    row: { ...type, id: stamps.newId(), created: now, updated: now },
    eventId: stamps.newId(),
    schema,
  }));
  const events = made.map(({ row: { id }, eventId }) => ({ id, eventId }));
  await db.write([
    ...made.map(({ row }) =>
      blockTypes.insert(
        row,
        `on conflict (slug) do update set name = excluded.name, logo_url = excluded.logo_url, documentation_url = excluded.documentation_url,
          description = excluded.description, code_example = excluded.code_example, is_protected = excluded.is_protected, updated = excluded.updated`,
      ),
    ),
    // What a server brings along by itself is no news to anybody.
    ...(mark === null ? [createdBlockTypeEvents(events, now)] : []),
    ...made.flatMap(({ row: { slug }, schema }) => (schema === null ? [] : [insertSchema(slug, schema, version, stamps)])),
    ...(mark === null ? [] : [noteInstalled(mark, stamps)]),
  ]);
}

function insertSchema(slug: string, schema: NonNullable<SystemBlockType["schema"]>, version: string, stamps: Stamps): Sql {
  const now = stamps.now();
  const row = { ...schema, id: stamps.newId(), created: now, updated: now, version };
  return sql`${blockSchemas.insertInto} select ${blockSchemas.values(row, { block_type_id: sql`b.id` })} from block_type b
    where b.slug = ${slug} on conflict (checksum, version) do nothing`;
}

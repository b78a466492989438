import type { Stamps } from "../../domain/surroundings.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import { blockSchemas } from "../block-schemas/rows.ts";
import { blockTypes } from "../block-types/rows.ts";
import type { Database, Sql } from "../client.ts";
import { createdBlockTypeEvents } from "../events/block-types.ts";
import { raw, sql } from "../sql/tag.ts";
import { configurations, installedKey } from "./facts.ts";

/** The statement that notes which system block types are stored. */
const noteInstalled = (mark: string, at: Micros): Sql =>
  configurations.insert(
    { key: installedKey, created: at, updated: at, value: mark },
    "on conflict (key) do update set value = excluded.value, updated = excluded.updated",
  );

// More than there are definitions of either kind: types get the first ids, schemas the others.
const mostDefinitions = 100;

/**
 * Stores the types that migrations define, with their schemas, in one batch: types that are there get their texts back and keep their id.
 * All of them with a mark; without one the protected types alone, and those that were missing are told as created.
 */
export async function installBlockTypes(db: Database, { now, newId }: Stamps, mark: string | null): Promise<void> {
  const at = now();
  const made = Array.from({ length: 2 * mostDefinitions }, () => ({ id: newId(), eventId: newId() }));
  const ids = stringifyJson(made.map(({ id }) => id));
  const isChosen = raw(mark === null ? "b.is_protected = 1" : "true");
  await db.write([
    insertTypes(ids, at, isChosen),
    ...(mark === null ? [createdBlockTypeEvents(made.slice(0, mostDefinitions), at)] : []),
    insertSchemas(ids, at + mostDefinitions, isChosen),
    insertReferences(ids),
    ...(mark === null ? [] : [noteInstalled(mark, at)]),
  ]);
}

const codeExample = raw(
  "'```python' || char(10) || 'from ' || b.module || ' import ' || b.class || char(10, 10) || replace(b.slug, '-', '_') || '_block = ' " +
    "|| b.class || '.load(\"BLOCK_NAME\")' || char(10) || '```'",
);

const insertTypes = (ids: string, at: Micros, isChosen: Sql): Sql => {
  const place = raw("b.position");
  const columns = { id: sql`${ids} ->> ${place}`, created: sql`${at} + ${place}`, updated: sql`${at} + ${place}` };
  const texts = Object.fromEntries(
    ["name", "slug", "logo_url", "documentation_url", "description", "is_protected"].map((name) => [name, raw(`b.${name}`)]),
  );
  return sql`${blockTypes.insertInto} select ${blockTypes.values({}, { ...columns, ...texts, code_example: codeExample })}
    from system_block_type b where ${isChosen} order by b.position
    on conflict (slug) do update set name = excluded.name, logo_url = excluded.logo_url, documentation_url = excluded.documentation_url,
      description = excluded.description, code_example = excluded.code_example, is_protected = excluded.is_protected, updated = excluded.updated`;
};

const insertSchemas = (ids: string, at: Micros, isChosen: Sql): Sql => {
  const columns = {
    id: sql`${ids} ->> (${raw(mostDefinitions)} + s.position)`,
    created: sql`${at} + s.position`,
    updated: sql`${at} + s.position`,
    block_type_id: raw("b.id"),
  };
  const facts = Object.fromEntries(["checksum", "fields", "capabilities", "version"].map((name) => [name, raw(`s.${name}`)]));
  return sql`${blockSchemas.insertInto} select ${blockSchemas.values({}, { ...columns, ...facts })}
    from system_block_schema s join block_type b on b.slug = s.slug where ${isChosen} order by s.position
    on conflict (checksum, version) do nothing`;
};

// Schemas that were there have their links already: those of the client that made them.
const insertReferences = (ids: string): Sql => sql`insert into block_schema_reference (parent_id, name, child_id)
    select p.id, r.name, c.id from system_block_schema_reference r
    join block_schema p on p.id = ${ids} ->> (${raw(mostDefinitions)} + r.parent)
    join system_block_schema s on s.position = r.child
    join block_schema c on c.checksum = s.checksum and c.version = s.version
    where true on conflict do nothing`;

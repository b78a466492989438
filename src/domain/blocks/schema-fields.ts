import { type JsonObject, objectOf } from "../../lib/json.ts";
import { without } from "./checksum.ts";
import type { SchemaLink } from "./register-schema.ts";

/** A stored block schema, as far as those that nest it show it. */
export interface SchemaPart {
  readonly id: string;
  readonly checksum: string;
  readonly fields: JsonObject;
  readonly slug: string;
}

type Reference = { readonly block_schema_checksum: string; readonly block_type_slug: string };

/**
 * Returns a function that gives the complete fields of a stored schema by its id: references and definitions of nested blocks are not
 * stored but taken from the linked schemas (`prefect/server/models/block_schemas.py _construct_full_block_schema`). `parts` are in the order of their creation.
 */
export function fieldsOf(parts: readonly SchemaPart[], links: readonly SchemaLink[]): (id: string) => JsonObject {
  const byId = new Map(parts.map((part, order) => [part.id, { ...part, order }]));
  const byParent = Map.groupBy(links, ({ parent_id }) => parent_id);
  const made = new Map<string, JsonObject>();
  const assemble = (id: string): JsonObject => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const part = byId.get(id);
    if (part === undefined) return {};
    const children = (byParent.get(id) ?? [])
      .flatMap(({ name, child_id }) => {
        const child = byId.get(child_id);
        return child === undefined ? [] : [{ name, child }];
      })
      .sort((one, two) => one.child.order - two.child.order);
    const references: Record<string, Reference | Reference[]> = {};
    for (const { name, child } of children) addReference(references, name, child);
    const nested = Object.fromEntries(children.flatMap(({ child }) => definitionsOf(assemble(child.id))));
    const definitions = { ...objectOf(part.fields.definitions), ...nested };
    const fields: JsonObject = {
      ...part.fields,
      block_schema_references: references,
      ...(Object.keys(definitions).length > 0 && { definitions }),
    };
    made.set(id, fields);
    return fields;
  };
  return assemble;
}

function addReference(references: Record<string, Reference | Reference[]>, name: string, child: SchemaPart): void {
  const reference = { block_schema_checksum: child.checksum, block_type_slug: child.slug };
  const before = Object.hasOwn(references, name) ? [references[name] ?? []].flat() : [];
  const isThere = before.some(
    (one) => one.block_schema_checksum === reference.block_schema_checksum && one.block_type_slug === reference.block_type_slug,
  );
  if (isThere) return;
  const value = before.length === 0 ? reference : [...before, reference];
  Object.defineProperty(references, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Returns what a nested schema adds to the definitions of the one around it: nothing without a title. */
function definitionsOf(fields: JsonObject): [string, unknown][] {
  const { title, definitions } = fields;
  if (typeof title !== "string") return [];
  return [[title, without(fields, "definitions")], ...Object.entries(objectOf(definitions))];
}

import { fieldsOf } from "../domain/blocks/schema-fields.ts";
import type { JsonObject } from "../lib/json.ts";
import { formatTime } from "../lib/time.ts";
import type { BlockSchema } from "../schemas/block-schemas.ts";
import type { SchemaInTree, SchemaTree, StoredBlockSchema } from "../store/block-schemas/read.ts";
import { presentBlockType } from "./block-types.ts";

/** Returns a block schema with these fields as it stands in answers. */
export const presentWithFields = ({ row, type }: StoredBlockSchema, fields: JsonObject): BlockSchema => ({
  ...row,
  fields,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
  block_type: presentBlockType(type),
});

// The schemas of one answer share what they nest.
const assemblies = new WeakMap<SchemaTree, (id: string) => JsonObject>();

function assemblyOf(tree: SchemaTree): (id: string) => JsonObject {
  const known = assemblies.get(tree);
  if (known !== undefined) return known;
  const made = fieldsOf(tree.parts, tree.links);
  assemblies.set(tree, made);
  return made;
}

/** Returns a block schema as it stands in answers, its nested ones among its definitions. Throws where the tree has it not. */
export function presentBlockSchema({ id, tree }: SchemaInTree): BlockSchema {
  const stored = tree.byId.get(id);
  if (stored === undefined) throw new Error("the schema is not among those that were read");
  return presentWithFields(stored, assemblyOf(tree)(id));
}

import { isJsonObject, type JsonObject, objectOf } from "../../lib/json.ts";
import { requestBounds } from "../../schemas/lists.ts";
import { checksumText, pruneDefinitions, referencedDefinitions, without } from "./checksum.ts";

/** A field of a block schema that holds a block of another type. */
export interface NestedReference {
  readonly name: string;
  readonly slug: string;
  readonly checksum: string;
  /** What the schema would be made of where no schema has the checksum; null where the fields do not define it. */
  readonly made: SchemaPlan | null;
}

/** A block schema that may have to be made, with all that it brings along. */
export interface SchemaPlan {
  /** The text that its checksum is the hash of. */
  readonly hashed: string;
  /** As stored: without references, and with the plain definitions in use alone. */
  readonly stored: JsonObject;
  readonly references: readonly NestedReference[];
}

/** Why fields are refused: their text is for the client. */
export class SchemaRefused extends Error {}

interface Surroundings {
  readonly definitions: JsonObject;
  /** The definitions on the way down to this place. */
  readonly path: readonly string[];
  readonly known: Map<string, SchemaPlan>;
}

/** Returns what a new block schema with these fields would be made of. Throws SchemaRefused for fields that lead in circles or too far. */
export function planSchema(fields: JsonObject): SchemaPlan {
  const { definitions } = fields;
  return planWithin(fields, { definitions: objectOf(definitions), path: [], known: new Map() });
}

function planWithin(fields: JsonObject, around: Surroundings): SchemaPlan {
  const references = objectOf(fields.block_schema_references);
  const planned: NestedReference[] = [];
  for (const [name, wanted] of Object.entries(references))
    for (const one of Array.isArray(wanted) ? wanted : [wanted]) planned.push(planReference(name, one, fields, around));
  if (planned.length > requestBounds.nestedSchemas) throw new SchemaRefused(tooMany);
  return {
    hashed: checksumText(fields),
    stored: without(pruneDefinitions(fields), "block_schema_references"),
    references: planned,
  };
}

const tooMany = `A block schema has at most ${requestBounds.nestedSchemas} nested block schemas on ${requestBounds.schemaLevels} levels.`;

function planReference(name: string, reference: unknown, fields: JsonObject, around: Surroundings): NestedReference {
  const { block_type_slug: slug, block_schema_checksum: checksum } = objectOf(reference);
  if (typeof slug !== "string" || typeof checksum !== "string")
    throw new SchemaRefused(`The block schema reference '${name}' needs a block_type_slug and a block_schema_checksum.`);
  const definition = definitionOf(objectOf(fields.properties)[name], slug, around.definitions);
  return { name, slug, checksum, made: definition === null ? null : planDefinition(definition, around) };
}

/** Returns the name of the definition that a property gives for blocks of a type. */
function definitionOf(property: unknown, slug: string, definitions: JsonObject): string | null {
  const names = [...new Set(referencedDefinitions(property))].filter((name) => isJsonObject(definitions[name]));
  if (names.length < 2) return names[0] ?? null;
  return names.find((name) => objectOf(definitions[name]).block_type_slug === slug) ?? null;
}

function planDefinition(name: string, around: Surroundings): SchemaPlan {
  const { definitions, path, known } = around;
  const before = known.get(name);
  if (before !== undefined) return before;
  if (path.includes(name)) throw new SchemaRefused("The definitions of nested block schemas refer to each other in a circle.");
  if (path.length >= requestBounds.schemaLevels || known.size >= requestBounds.nestedSchemas) throw new SchemaRefused(tooMany);
  const plan = planWithin({ ...objectOf(definitions[name]), definitions }, { ...around, path: [...path, name] });
  known.set(name, plan);
  return plan;
}

/** Returns all plans of one: itself and those that it may bring along, each once. */
export function allPlans(plan: SchemaPlan, found = new Set<SchemaPlan>()): Set<SchemaPlan> {
  if (found.has(plan)) return found;
  found.add(plan);
  for (const { made } of plan.references) if (made !== null) allPlans(made, found);
  return found;
}

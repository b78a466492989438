import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { sortedJson } from "../../lib/python/index.ts";

const own = (object: JsonObject, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

/** Returns an object's members but for some; unlike a spread it keeps a member called `__proto__`. */
export const without = (object: JsonObject, ...keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

/** Returns the names of the definitions that `$ref` members of a value name, in order, through objects and lists. */
export function referencedDefinitions(value: Json, names: string[] = []): string[] {
  if (Array.isArray(value)) for (const item of value) referencedDefinitions(item, names);
  else if (isJsonObject(value)) {
    const reference = own(value, "$ref");
    if (typeof reference === "string" && reference !== "") names.push(reference.replaceAll("#/definitions/", ""));
    for (const member of Object.values(value)) referencedDefinitions(member, names);
  }
  return names;
}

/** Returns the definitions of plain (non-block) objects that a value refers to, or that they refer to in turn. */
export function plainDefinitions(value: Json, definitions: JsonObject): JsonObject {
  const used = new Map<string, unknown>();
  const waiting = referencedDefinitions(value).reverse();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const definition = own(definitions, name);
    if (used.has(name) || !isJsonObject(definition) || Object.keys(definition).length === 0) continue;
    if ((own(definition, "block_type_slug") ?? null) !== null) continue;
    used.set(name, definition);
    waiting.push(...referencedDefinitions(definition).reverse());
  }
  return Object.fromEntries(used);
}

function withoutSecretFields(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).filter(([key]) => key !== "secret_fields");
  return Object.fromEntries(members.map(([key, member]) => [key, withoutSecretFields(member)]));
}

/** Returns the fields with those definitions that are stored: the plain ones in use, none at all without any. */
export function pruneDefinitions(fields: JsonObject): JsonObject {
  const definitions = own(fields, "definitions");
  if (!isJsonObject(definitions) || Object.keys(definitions).length === 0) return fields;
  const used = plainDefinitions(fields, definitions);
  return Object.keys(used).length === 0 ? without(fields, "definitions") : { ...fields, definitions: used };
}

/**
 * Returns the text whose SHA-256 is the checksum of a block schema's fields, as the client computes it
 * (`prefect/blocks/core.py Block._calculate_schema_checksum`).
 */
export function checksumText(fields: JsonObject): string {
  const bare = withoutSecretFields(fields);
  return sortedJson([[isJsonObject(bare) ? pruneDefinitions(bare) : {}], {}]);
}

import { isJsonObject, type JsonObject } from "../json.ts";
import { repr } from "../python/index.ts";
import { chargeWork } from "../work.ts";

const unitsOfCopy = 10;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function preparedProperty(schema: JsonObject, required: boolean, allowNoneWithDefault: boolean): JsonObject {
  const { type, items, prefixItems, ...rest } = schema;
  const mayBeNull = !required && "type" in schema && type !== "null" && (!("default" in schema) || allowNoneWithDefault);
  const tuple = Array.isArray(items) && items.length > 0 && list(prefixItems).length === 0;
  if (!mayBeNull && !tuple) return schema;
  // The order of the members is kept, since the order of keywords decides which of several faults is reported.
  const kept = Object.entries(schema).filter(
    ([key]) => !(mayBeNull && key === "type") && !(tuple && (key === "items" || key === "prefixItems")),
  );
  const anyOf = [{ type }, { type: "null" }];
  if (mayBeNull && "anyOf" in rest) {
    return Object.fromEntries([
      ...kept.map(([key, value]) => [key, key === "anyOf" ? anyOf : value]),
      ...(tuple ? [["prefixItems", items]] : []),
    ]);
  }
  return Object.fromEntries([...kept, ...(mayBeNull ? [["anyOf", anyOf]] : []), ...(tuple ? [["prefixItems", items]] : [])]);
}

function prepareProperties(schema: JsonObject, allowNoneWithDefault: boolean): JsonObject {
  if (!isJsonObject(schema.properties)) return schema;
  const required = new Set(list(schema.required));
  const properties = Object.entries(schema.properties).map(([name, property]) => {
    chargeWork(unitsOfCopy);
    if (!isJsonObject(property)) return [name, property];
    const prepared = preparedProperty(property, required.has(name), allowNoneWithDefault);
    return [name, prepareProperties(prepared, allowNoneWithDefault)];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** Returns a schema for the definition or, as clients may send instead, a reference to a block by its id. */
const orBlockReference = (definition: JsonObject): JsonObject => ({
  oneOf: [
    definition,
    {
      type: "object",
      properties: {
        $ref: {
          oneOf: [
            { type: "string", format: "uuid" },
            { type: "object", additionalProperties: { type: "string" }, minProperties: 1 },
          ],
        },
      },
      required: ["$ref"],
    },
  ],
});

/**
 * Returns a schema adapted for older clients: an optional property with a plain type also allows null (only without a default, or
 * with `allowNoneWithDefault`); a list under `items` becomes `prefixItems`.
 */
export function prepareSchema(schema: JsonObject, allowNoneWithDefault: boolean): JsonObject {
  const prepared = prepareProperties(schema, allowNoneWithDefault);
  if (!isJsonObject(prepared.definitions)) return prepared;
  const definitions = new Map<string, unknown>();
  for (const [name, definition] of Object.entries(prepared.definitions)) {
    if (!isJsonObject(definition)) {
      if (!definitions.has(name)) definitions.set(name, definition);
      continue;
    }
    const ready = prepareProperties(definition, allowNoneWithDefault);
    if (!definitions.has(name)) definitions.set(name, ready);
    if ("block_type_slug" in definition) definitions.set(titleOf(definition), orBlockReference(ready));
  }
  return { ...prepared, definitions: Object.fromEntries(definitions) };
}

const titleOf = ({ title }: JsonObject): string => (typeof title === "string" ? title : repr(title));

/** Returns a copy without the key `required` in any object; lists stay unchanged, as in the reference. */
export function withoutRequired(schema: unknown): unknown {
  if (!isJsonObject(schema)) return schema;
  const members = Object.entries(schema);
  chargeWork(unitsOfCopy * (1 + members.length));
  return Object.fromEntries(members.filter(([key]) => key !== "required").map(([key, value]) => [key, withoutRequired(value)]));
}

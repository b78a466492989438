import { operations } from "../../src/app.ts";
import { openApiDocument } from "../../src/http/openapi.ts";
import type { Operation } from "../../src/http/operation.ts";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";

/** Values by the name of their member, or of their component behind a `#`: ids of objects that are there, whatever has rules of its own. */
export type Known = Readonly<Record<string, unknown>>;

/** Members that have rules beyond their types. */
export const rules: Known = {
  base_job_template: { job_configuration: { command: "{{ command }}" }, variables: { properties: { command: {} } } },
  schedule: { interval: 3600 },
  parameter_openapi_schema: {},
  "#Resource": { "prefect.resource.id": "a-text" },
  "#RelatedResource": { "prefect.resource.id": "a-text", "prefect.resource.role": "a-text" },
  // Excludes `concurrency_limit`.
  global_concurrency_limit_id: undefined,
};

/** A place in a body: its path from the top and its JSON Schema, `$ref` and alternatives resolved. */
export interface Place {
  readonly path: readonly (string | number)[];
  readonly schema: JsonObject;
  /** The name of the component that this is, if it is one. */
  readonly component: string | undefined;
}

const document = openApiDocument(operations);
const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((here, key) => (isJsonObject(here) ? here[key] : undefined), value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Returns the JSON Schema of an operation's body as the API's description gives it; undefined without one. */
export function bodySchema({ path, method }: Operation): JsonObject | undefined {
  const schema = at(document, "paths", path, method.toLowerCase(), "requestBody", "content", "application/json", "schema");
  return isJsonObject(schema) ? schema : undefined;
}

/** Returns a schema behind its references, of several alternatives the first that is more than null. */
export function resolve(schema: unknown): JsonObject {
  if (!isJsonObject(schema)) return {};
  if (typeof schema.$ref === "string") return resolve(at(document, "components", "schemas", nameOf(schema) ?? ""));
  const alternatives = [...list(schema.anyOf), ...list(schema.oneOf), ...list(schema.allOf)];
  const first = alternatives.find((part) => isJsonObject(part) && part.type !== "null");
  return first === undefined ? schema : resolve(first);
}

function nameOf(schema: JsonObject): string | undefined {
  if (typeof schema.$ref === "string") return schema.$ref.split("/").at(-1);
  const parts = [...list(schema.anyOf), ...list(schema.oneOf), ...list(schema.allOf)].filter(isJsonObject);
  return parts.map(nameOf).find((name) => name !== undefined);
}

const deepest = 8;

const isOfType = (value: unknown, { type = typeof value }: JsonObject): boolean =>
  value === undefined || [type].flat().includes(Array.isArray(value) ? "array" : typeof value);

/** Returns a value with every member that its schema names; `known` decides members by name where the type is theirs. */
export function sample(schema: unknown, known: Known, name = "", depth = 0): unknown {
  // A name with two forms is known by its name alone.
  const component = `#${isJsonObject(schema) ? nameOf(schema)?.replace(/-(Input|Output)$/, "") : ""}`;
  if (Object.hasOwn(known, component)) return known[component];
  const resolved = resolve(schema);
  if (Object.hasOwn(known, name)) {
    const value = known[name];
    if (isOfType(value, resolved)) return value;
  }
  const { type, format, enum: values, const: only, properties, items, additionalProperties, prefixItems, ...rest } = resolved;
  if (only !== undefined) return only;
  if (Array.isArray(values)) return values[0];
  switch (Array.isArray(type) ? type[0] : type) {
    case "string":
      if (format === "uuid") return "00000000-0000-4000-8000-0000000000aa";
      return format === "date-time" ? "2035-01-01T00:00:00Z" : "a-text";
    case "integer":
    case "number":
      return Math.max(1, Number(rest.minimum ?? 1), Number(rest.exclusiveMinimum ?? 0) + 1);
    case "boolean":
      return false;
    case "array":
      if (Array.isArray(prefixItems)) return prefixItems.map((part) => sample(part, known, "", depth + 1));
      return depth > deepest ? [] : [sample(items, known, "", depth + 1)];
    case "object":
      return sampleObject({ properties, additionalProperties }, known, depth);
    default:
      return {};
  }
}

function sampleObject({ properties, additionalProperties }: JsonObject, known: Known, depth: number): JsonObject {
  if (depth > deepest) return {};
  if (isJsonObject(properties)) {
    const members = Object.entries(properties).map(([key, part]) => [key, sample(part, known, key, depth + 1)] as const);
    return Object.fromEntries(members.filter(([, value]) => value !== undefined));
  }
  return isJsonObject(additionalProperties) ? { "a-key": sample(additionalProperties, known, "", depth + 1) } : { "a-key": 1 };
}

/** Returns every place of a body, from the top down. A component is entered once for each `seen`, so that none is walked twice. */
export function placesOf(schema: unknown, seen: Set<string>, path: Place["path"] = []): Place[] {
  const component = isJsonObject(schema) ? nameOf(schema) : undefined;
  const resolved = resolve(schema);
  const here: Place = { path, schema: resolved, component };
  if (path.length > deepest || (component !== undefined && seen.has(component))) return [here];
  if (component !== undefined) seen.add(component);
  const { properties, items, prefixItems, additionalProperties } = resolved;
  if (isJsonObject(properties))
    return [here, ...Object.entries(properties).flatMap(([key, part]) => placesOf(part, seen, [...path, key]))];
  if (Array.isArray(prefixItems)) return [here, ...prefixItems.flatMap((part, i) => placesOf(part, seen, [...path, i]))];
  if (isJsonObject(items)) return [here, ...placesOf(items, seen, [...path, 0])];
  if (isJsonObject(additionalProperties)) return [here, ...placesOf(additionalProperties, seen, [...path, "a-key"])];
  return [here];
}

/** Returns a copy of a body with another value in one place. */
export function replaced(body: unknown, path: Place["path"], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(body)) return body.map((part, i) => (i === key ? replaced(part, rest, value) : part));
  const members = isJsonObject(body) ? Object.entries(body).filter(([name]) => name !== key) : [];
  return Object.fromEntries([...members, [String(key), replaced(at(body, String(key)), rest, value)]]);
}

/** Returns an operation's path with its parameters put in, encoded. */
export const fill = ({ path }: Operation, parameters: Readonly<Record<string, string>>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? "nope"));

export { operations };

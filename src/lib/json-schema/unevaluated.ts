import { isJsonObject, type JsonObject } from "../json.ts";
import { compareTexts, extrasText, pythonRegex } from "../python/index.ts";
import { chargeWork } from "../work.ts";
import { descend, fault, meets, resolveReference, type Scope } from "./engine.ts";
import type { Fault } from "./faults.ts";

function entries(value: unknown): [string, unknown][] {
  const found = isJsonObject(value) ? Object.entries(value) : [];
  chargeWork(1 + found.length);
  return found;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Yields the schemas that also apply to the same value: references, matching alternatives, taken branches. */
function* applied(scope: Scope, value: unknown, schema: JsonObject): Generator<{ scope: Scope; schema: unknown }> {
  for (const keyword of ["$ref", "$dynamicRef"]) {
    if (typeof schema[keyword] === "string") yield resolveReference(scope, schema[keyword]);
  }
  for (const keyword of ["allOf", "oneOf", "anyOf"]) {
    for (const each of list(schema[keyword])) if (meets(scope, value, each)) yield { scope, schema: each };
  }
  for (const [name, each] of entries(schema.dependentSchemas)) {
    if (isJsonObject(value) && Object.hasOwn(value, name)) yield { scope, schema: each };
  }
  if (!("if" in schema)) return;
  const holds = meets(scope, value, schema.if);
  if (holds) yield { scope, schema: schema.if };
  const branch = holds ? schema.then : schema.else;
  if (branch !== undefined) yield { scope, schema: branch };
}

function addItems(scope: Scope, value: readonly unknown[], schema: unknown, seen: Set<number>): void {
  if (!isJsonObject(schema)) return;
  chargeWork(1 + value.length);
  if ("items" in schema) {
    for (const index of value.keys()) seen.add(index);
    return;
  }
  for (const index of list(schema.prefixItems).keys()) seen.add(index);
  for (const keyword of ["contains", "unevaluatedItems"]) {
    if (!(keyword in schema)) continue;
    for (const [index, item] of value.entries()) if (meets(scope, item, schema[keyword])) seen.add(index);
  }
  for (const inner of applied(scope, value, schema)) addItems(inner.scope, value, inner.schema, seen);
}

function addKeys(scope: Scope, value: JsonObject, schema: unknown, seen: Set<string>): void {
  if (!isJsonObject(schema)) return;
  for (const [name] of entries(schema.properties)) seen.add(name);
  for (const keyword of ["additionalProperties", "unevaluatedProperties"]) {
    const each = schema[keyword];
    if (each === undefined || each === null) continue;
    for (const [name, member] of entries(value)) if (meets(scope, member, each)) seen.add(name);
  }
  for (const [pattern] of entries(schema.patternProperties)) {
    for (const [name] of entries(value)) if (pythonRegex(pattern)?.test(name)) seen.add(name);
  }
  for (const inner of applied(scope, value, schema)) addKeys(inner.scope, value, inner.schema, seen);
}

/** The keyword `unevaluatedItems`. */
export function* unevaluatedItems(scope: Scope, _argument: unknown, value: unknown, schema: JsonObject): Generator<Fault> {
  if (!Array.isArray(value)) return;
  const seen = new Set<number>();
  addItems(scope, value, schema, seen);
  const rest = value.filter((_item, index) => !seen.has(index));
  if (rest.length > 0) yield fault(`Unevaluated items are not allowed (${extrasText(rest)} unexpected)`);
}

/** The keyword `unevaluatedProperties`. */
export function* unevaluatedProperties(scope: Scope, argument: unknown, value: unknown, schema: JsonObject): Generator<Fault> {
  if (!isJsonObject(value)) return;
  const seen = new Set<string>();
  addKeys(scope, value, schema, seen);
  const rest: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    // A key is reported once for each fault of its member.
    if (!seen.has(name)) for (const _ of descend(scope, member, argument)) rest.push(name);
  }
  if (rest.length === 0) return;
  yield fault(
    argument === false
      ? `Unevaluated properties are not allowed (${extrasText(rest.sort(compareTexts))} unexpected)`
      : `Unevaluated properties are not valid under the given schema (${extrasText(rest)} unevaluated and invalid)`,
  );
}

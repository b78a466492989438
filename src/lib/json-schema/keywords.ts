import { isJsonObject, type JsonObject } from "../json.ts";
import {
  compareTexts,
  extrasText,
  isInt,
  isNumber,
  numberOf,
  numberText,
  pythonRegex,
  repr,
  textLength,
  textRepr,
} from "../python/index.ts";
import { chargeWork } from "../work.ts";
import { descend, fault, hasType, type Keyword, meets, resolveReference, type Scope } from "./engine.ts";
import { equalValues, fingerprint, holdsEqual } from "./equality.ts";
import type { Fault } from "./faults.ts";
import { hasFormat } from "./formats.ts";
import { unevaluatedItems, unevaluatedProperties } from "./unevaluated.ts";

/** A keyword that depends on the value only and yields at most one fault. */
const simple =
  (check: (argument: unknown, value: unknown) => string | false): Keyword =>
  (_scope, argument, value) => {
    const message = check(argument, value);
    return message === false ? [] : [fault(message)];
  };

function entries(value: unknown): [string, unknown][] {
  const found = isJsonObject(value) ? Object.entries(value) : [];
  chargeWork(1 + found.length);
  return found;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [];
  chargeWork(1 + value.length);
  return value;
}

const has = (value: unknown, key: unknown): boolean =>
  isJsonObject(value) && typeof key === "string" && Object.hasOwn(value, key);
const matches = (pattern: string, text: string): boolean => pythonRegex(pattern)?.test(text) ?? false;

type Comparison = (value: number | bigint, limit: number | bigint) => boolean;
const bound = (wrong: Comparison, words: string): Keyword =>
  simple(
    (limit, value) =>
      isNumber(value) && wrong(numberOf(value), numberOf(limit)) && `${repr(value)} is ${words} of ${repr(limit)}`,
  );

type Size = (value: unknown) => number | undefined;
function characters(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  chargeWork(value.length);
  return textLength(value);
}
const items: Size = (value) => (Array.isArray(value) ? value.length : undefined);
const members: Size = (value) => (isJsonObject(value) ? Object.keys(value).length : undefined);

const atLeast = (size: Size, words: string): Keyword =>
  simple((limit, value) => {
    const wanted = numberOf(limit);
    return (size(value) ?? Infinity) < wanted && `${repr(value)} ${Number(wanted) === 1 ? "should be non-empty" : words}`;
  });
const atMost = (size: Size, words: string): Keyword =>
  simple((limit, value) => {
    const wanted = numberOf(limit);
    return (size(value) ?? -1) > wanted && `${repr(value)} ${Number(wanted) === 0 ? "is expected to be empty" : words}`;
  });

// As in Python: division for a float divisor, remainder for an integer.
function isMultiple(value: unknown, divisor: unknown): boolean {
  const [exact, by] = [numberOf(value), numberOf(divisor)];
  if (isInt(value) && isInt(divisor) && Number(by) !== 0) return BigInt(exact) % BigInt(by) === 0n;
  const quotient = Number(exact) / Number(by);
  return !isInt(divisor) && Number.isFinite(quotient) ? Number.isInteger(quotient) : Number(exact) % Number(by) === 0;
}

const places = new WeakMap<object, ReadonlyMap<string, number>>();

/** Returns the index of each property in a schema; cached per schema. */
function placesOf(argument: JsonObject): ReadonlyMap<string, number> {
  const known = places.get(argument) ?? new Map(entries(argument).map(([name], index) => [name, index]));
  places.set(argument, known);
  return known;
}

// Iterates the value's members in the schema's order: most values have few, while the meta-schema has many properties.
function* properties(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  if (!isJsonObject(value) || !isJsonObject(argument)) return;
  const placeOf = placesOf(argument);
  const named = entries(value).filter(([name]) => placeOf.has(name));
  if (named.length > 1) named.sort(([one], [two]) => (placeOf.get(one) ?? 0) - (placeOf.get(two) ?? 0));
  for (const [name, member] of named) yield* descend(scope, member, argument[name], name);
}

function* patternProperties(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  const all = entries(value);
  for (const [pattern, schema] of entries(argument)) {
    chargeWork(all.length);
    for (const [name, member] of all) if (matches(pattern, name)) yield* descend(scope, member, schema, name);
  }
}

function* propertyNames(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  for (const [name] of entries(value)) yield* descend(scope, name, argument);
}

function* additionalProperties(scope: Scope, argument: unknown, value: unknown, schema: JsonObject): Generator<Fault> {
  const patterns = entries(schema.patternProperties).map(([pattern]) => pattern);
  const expressions = patterns.map(pythonRegex);
  const extras = entries(value).filter(
    ([name]) => !has(schema.properties, name) && !expressions.some((expression) => expression?.test(name)),
  );
  if (isJsonObject(argument)) {
    for (const [name, member] of extras) yield* descend(scope, member, argument, name);
  } else if (argument === false && extras.length > 0) {
    const names = extras.map(([name]) => name).sort(compareTexts);
    yield fault(
      "patternProperties" in schema
        ? `${names.map(repr).join(", ")} ${names.length === 1 ? "does" : "do"} not match any of the regexes: ${patterns.sort(compareTexts).map(repr).join(", ")}`
        : `Additional properties are not allowed (${extrasText(names)} unexpected)`,
    );
  }
}

function* itemsKeyword(scope: Scope, argument: unknown, value: unknown, schema: JsonObject): Generator<Fault> {
  const prefix = list(schema.prefixItems).length;
  const rest = prefix === 0 ? list(value) : list(value).slice(prefix);
  if (rest.length === 0) return;
  if (argument === false) {
    const found = rest.length === 1 ? rest[0] : rest;
    yield fault(`Expected at most ${prefix} ${prefix === 1 ? "item" : "items"} but found ${rest.length} extra: ${repr(found)}`);
    return;
  }
  for (const [index, item] of rest.entries()) yield* descend(scope, item, argument, prefix + index);
}

function* prefixItems(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  const all = list(value);
  for (const [index, schema] of list(argument).slice(0, all.length).entries()) yield* descend(scope, all[index], schema, index);
}

function* contains(scope: Scope, argument: unknown, value: unknown, schema: JsonObject): Generator<Fault> {
  if (!Array.isArray(value)) return;
  const least = schema.minContains === undefined ? 1 : numberOf(schema.minContains);
  const most = schema.maxContains === undefined ? value.length : numberOf(schema.maxContains);
  let found = 0;
  for (const item of value) {
    if (!meets(scope, item, argument)) continue;
    found += 1;
    if (found > most) {
      yield fault(`Too many items match the given schema (expected at most ${numberText(schema.maxContains ?? value.length)})`);
      return;
    }
  }
  if (found >= least) return;
  yield fault(
    found === 0
      ? `${repr(value)} does not contain items matching the given schema`
      : `Too few items match the given schema (expected at least ${numberText(schema.minContains ?? 1)} but only ${found} matched)`,
  );
}

function* required(_scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  if (!isJsonObject(value)) return;
  for (const name of list(argument)) if (!has(value, name)) yield fault(`${repr(name)} is a required property`);
}

function* dependentRequired(_scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  for (const [name, needed] of entries(argument)) {
    if (!has(value, name)) continue;
    for (const each of list(needed)) if (!has(value, each)) yield fault(`${repr(each)} is a dependency of ${repr(name)}`);
  }
}

function* dependentSchemas(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  for (const [name, schema] of entries(argument)) if (has(value, name)) yield* descend(scope, value, schema);
}

function* allOf(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  for (const schema of list(argument)) yield* descend(scope, value, schema);
}

/** Returns the index of the first alternative that matches, or the faults of all. */
function firstFit(scope: Scope, alternatives: readonly unknown[], value: unknown): number | Fault[] {
  const all: Fault[] = [];
  for (const [index, schema] of alternatives.entries()) {
    const found = [...descend(scope, value, schema)];
    if (found.length === 0) return index;
    all.push(...found);
  }
  return all;
}

const noneFits = (value: unknown, context: Fault[]): Fault =>
  fault(`${repr(value)} is not valid under any of the given schemas`, context);

function* anyOf(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  const fit = firstFit(scope, list(argument), value);
  if (typeof fit !== "number") yield noneFits(value, fit);
}

function* oneOf(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  const alternatives = list(argument);
  const fit = firstFit(scope, alternatives, value);
  if (typeof fit !== "number") {
    yield noneFits(value, fit);
    return;
  }
  const more = alternatives.slice(fit + 1).filter((schema) => meets(scope, value, schema));
  if (more.length > 0) yield fault(`${repr(value)} is valid under each of ${[...more, alternatives[fit]].map(repr).join(", ")}`);
}

function* ifKeyword(scope: Scope, argument: unknown, value: unknown, schema: JsonObject): Generator<Fault> {
  const branch = meets(scope, value, argument) ? "then" : "else";
  if (branch in schema) yield* descend(scope, value, schema[branch]);
}

function* reference(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  const target = resolveReference(scope, argument);
  yield* descend(target.scope, value, target.schema);
}

function* not(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  if (meets(scope, value, argument)) yield fault(`${repr(value)} should not be valid under ${repr(argument)}`);
}

function* format(scope: Scope, argument: unknown, value: unknown): Generator<Fault> {
  if (!scope.run.formats || typeof value !== "string" || typeof argument !== "string") return;
  chargeWork(value.length);
  if (!hasFormat(value, argument)) yield fault(`${repr(value)} is not a ${repr(argument)}`);
}

const typeNames = (argument: unknown): readonly unknown[] => (Array.isArray(argument) ? argument : [argument]);
const hasDoubles = (value: readonly unknown[]): boolean => new Set(value.map(fingerprint)).size < value.length;

/** The assertion keywords of JSON Schema 2020-12, with python-jsonschema's messages. */
export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["$ref", reference],
  ["$dynamicRef", reference],
  ["additionalProperties", additionalProperties],
  ["allOf", allOf],
  ["anyOf", anyOf],
  ["const", simple((wanted, value) => !equalValues(value, wanted) && `${repr(wanted)} was expected`)],
  ["contains", contains],
  ["dependentRequired", dependentRequired],
  ["dependentSchemas", dependentSchemas],
  [
    "enum",
    simple(
      (allowed, value) =>
        !(Array.isArray(allowed) && holdsEqual(allowed, value)) && `${repr(value)} is not one of ${repr(allowed)}`,
    ),
  ],
  ["exclusiveMaximum", bound((value, limit) => value >= limit, "greater than or equal to the maximum")],
  ["exclusiveMinimum", bound((value, limit) => value <= limit, "less than or equal to the minimum")],
  ["format", format],
  ["if", ifKeyword],
  ["items", itemsKeyword],
  ["maxItems", atMost(items, "is too long")],
  ["maxLength", atMost(characters, "is too long")],
  ["maxProperties", atMost(members, "has too many properties")],
  ["maximum", bound((value, limit) => value > limit, "greater than the maximum")],
  ["minItems", atLeast(items, "is too short")],
  ["minLength", atLeast(characters, "is too short")],
  ["minProperties", atLeast(members, "does not have enough properties")],
  ["minimum", bound((value, limit) => value < limit, "less than the minimum")],
  [
    "multipleOf",
    simple(
      (divisor, value) =>
        isNumber(value) && !isMultiple(value, divisor) && `${repr(value)} is not a multiple of ${repr(divisor)}`,
    ),
  ],
  ["not", not],
  ["oneOf", oneOf],
  [
    "pattern",
    simple(
      (pattern, value) =>
        typeof value === "string" &&
        !matches(String(pattern), value) &&
        `${repr(value)} does not match ${textRepr(String(pattern))}`,
    ),
  ],
  ["patternProperties", patternProperties],
  ["prefixItems", prefixItems],
  ["properties", properties],
  ["propertyNames", propertyNames],
  ["required", required],
  [
    "type",
    simple(
      (type, value) =>
        !typeNames(type).some((each) => hasType(value, each)) &&
        `${repr(value)} is not of type ${typeNames(type).map(repr).join(", ")}`,
    ),
  ],
  ["unevaluatedItems", unevaluatedItems],
  ["unevaluatedProperties", unevaluatedProperties],
  [
    "uniqueItems",
    simple(
      (wanted, value) => wanted === true && Array.isArray(value) && hasDoubles(value) && `${repr(value)} has non-unique elements`,
    ),
  ],
]);

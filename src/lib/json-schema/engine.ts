import { isJsonObject, type JsonObject } from "../json.ts";
import { isNumber, isWhole, repr } from "../python/index.ts";
import { chargeWork } from "../work.ts";
import type { Fault, Step } from "./faults.ts";
import { collectResources, enterBase, lookUp, type Resources } from "./references.ts";

/** The immutable context of a keyword: entering a schema creates a new one. */
export type Scope = {
  run: Run;
  base: string;
  bases: readonly string[];
  depth: number;
};

/** One validation: the document's resources, and the work spent. */
export type Run = {
  root: unknown;
  keywords: ReadonlyMap<string, Keyword>;
  formats: boolean;
  /** Returns the message for a value with a fault of its own (a placeholder that could not be replaced). */
  ownFault: (value: unknown) => string | undefined;
  resources: Resources | undefined;
  steps: number;
};

export type Keyword = (scope: Scope, argument: unknown, value: unknown, schema: JsonObject) => Iterable<Fault>;

/** Thrown through the generators when references form a circle; `validateAgainstSchema` returns it as a value. */
export class CircularSchema extends Error {}
/** Thrown through the generators when a `$ref` cannot be resolved; the message is the reason. */
export class Unresolvable extends Error {}

// The reference fails at Python's stack limit, at about this depth. The step limit stops a small schema of many alternatives that
// would take minutes.
const MAX_DEPTH = 400;
const MAX_STEPS = 120_000;
const unitsOfStep = 40;
const unitsOfBase = 200;

/** Returns a fault whose path is filled in while the generators return. */
export const fault = (message: string, context: readonly Fault[] = []): Fault => ({
  message,
  path: [],
  keyword: undefined,
  fitsType: false,
  value: undefined,
  context,
});

/** Returns whether a value has a JSON Schema type; 1.0 is an integer, true is not. */
export function hasType(value: unknown, type: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string";
    case "number":
      return isNumber(value);
    case "integer":
      return isNumber(value) && isWhole(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    default:
      return false;
  }
}

function fitsType(value: unknown, schema: JsonObject): boolean {
  const { type } = schema;
  if (type === undefined) return false;
  return Array.isArray(type) ? type.some((each) => hasType(value, each)) : hasType(value, type);
}

function* faultsInside(scope: Scope, value: unknown, schema: JsonObject): Generator<Fault> {
  const members = Object.entries(schema);
  chargeWork(members.length);
  for (const [name, argument] of members) {
    const keyword = scope.run.keywords.get(name);
    if (keyword === undefined) continue;
    for (const found of keyword(scope, argument, value, schema)) {
      if (found.keyword === undefined) Object.assign(found, { keyword: name, value, fitsType: fitsType(value, schema) });
      yield found;
    }
  }
  const own = scope.run.ownFault(value);
  if (own !== undefined) yield { ...fault(own), keyword: OWN_FAULT, value };
}

/** The keyword under which a value's own fault is reported. */
export const OWN_FAULT = "_placeholders";

/** Yields the faults of a value against a subschema; `step` is the path from the scope's value to this one. */
export function* descend(scope: Scope, value: unknown, schema: unknown, step?: Step): Generator<Fault> {
  if (schema === true) return;
  if (schema === false) {
    const refused = fault(`False schema does not allow ${repr(value)}`);
    yield { ...refused, keyword: null, value };
    return;
  }
  if (!isJsonObject(schema)) return;
  const { run } = scope;
  run.steps += 1;
  chargeWork(unitsOfStep + ("$id" in schema ? unitsOfBase : 0));
  if (scope.depth >= MAX_DEPTH || run.steps > MAX_STEPS) throw new CircularSchema();
  const base = enterBase(scope.base, schema);
  const inner = { run, base, bases: base === scope.base ? scope.bases : [...scope.bases, scope.base], depth: scope.depth + 1 };
  for (const found of faultsInside(inner, value, schema)) {
    if (step !== undefined) found.path.unshift(step);
    yield found;
  }
}

/** Returns whether a value matches a subschema; stops at the first fault. */
export const meets = (scope: Scope, value: unknown, schema: unknown): boolean =>
  descend(scope, value, schema).next().done === true;

/** Returns the scope and the subschema that a reference names; throws Unresolvable. */
export function resolveReference(scope: Scope, reference: unknown): { scope: Scope; schema: unknown } {
  const { run } = scope;
  run.resources ??= collectResources(run.root);
  chargeWork(unitsOfBase + (typeof reference === "string" ? reference.length : 0));
  const result = lookUp(run.resources, String(reference), scope.base, scope.bases);
  if ("failure" in result) throw new Unresolvable(result.failure);
  const { schema, base } = result.found;
  return { schema, scope: { ...scope, base, bases: base === scope.base ? scope.bases : [...scope.bases, scope.base] } };
}

/** Yields all faults of a value against a schema document, in the order of the schema's keywords. */
export function faultsOf(run: Omit<Run, "resources" | "steps"> & { resources?: Resources }, value: unknown): Generator<Fault> {
  return descend({ run: { resources: undefined, ...run, steps: 0 }, base: "", bases: [], depth: 0 }, value, run.root);
}

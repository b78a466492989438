import { isJsonObject, type JsonObject } from "../json.ts";
import { repr, stripEnds, textRepr } from "../python/index.ts";
import { chargeWork } from "../work.ts";

/** The target of a `$ref`: a subschema and its base URI. */
export type Target = { schema: unknown; base: string };
export type Lookup = { found: Target } | { failure: string };

type Anchor = { schema: unknown; dynamic: boolean };

/** All identified resources of one schema document; others are never fetched. */
export type Resources = { byUri: ReadonlyMap<string, unknown>; anchors: ReadonlyMap<string, Anchor> };

const unitsOfPlace = 50;

const holdsSchema = [
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
];
const holdsList = ["allOf", "anyOf", "oneOf", "prefixItems"];
const holdsMap = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

function subschemas(schema: JsonObject): unknown[] {
  return [
    ...holdsSchema.map((keyword) => schema[keyword]),
    ...holdsList.flatMap((keyword) => {
      const list = schema[keyword];
      return Array.isArray(list) ? list : [];
    }),
    ...holdsMap.flatMap((keyword) => {
      const map = schema[keyword];
      return isJsonObject(map) ? Object.values(map) : [];
    }),
  ];
}

/** Returns the base URI inside a schema, given the base outside of it. */
export function enterBase(base: string, schema: unknown): string {
  if (!isJsonObject(schema) || typeof schema.$id !== "string") return base;
  return joinUri(base, stripEnds(schema.$id, "#", { start: false }));
}

function joinUri(base: string, reference: string): string {
  if (base === "") return reference;
  if (reference === "") return base;
  chargeWork(base.length + reference.length);
  return URL.canParse(reference, base) ? new URL(reference, base).href : reference;
}

/** Lists the identified resources of a schema document. */
export function collectResources(root: unknown): Resources {
  const byUri = new Map<string, unknown>([["", root]]);
  const anchors = new Map<string, Anchor>();
  const waiting: Target[] = [{ schema: root, base: "" }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const { schema } = place;
    if (!isJsonObject(schema)) continue;
    chargeWork(unitsOfPlace);
    const base = enterBase(place.base, schema);
    if (typeof schema.$id === "string" || schema === root) byUri.set(base, schema);
    if (typeof schema.$dynamicAnchor === "string") anchors.set(`${base}#${schema.$dynamicAnchor}`, { schema, dynamic: true });
    if (typeof schema.$anchor === "string") anchors.set(`${base}#${schema.$anchor}`, { schema, dynamic: false });
    for (const inner of subschemas(schema)) waiting.push({ schema: inner, base });
  }
  return { byUri, anchors };
}

function followPointer(pointer: string, root: Target): Lookup {
  let { schema, base } = root;
  for (const segment of decodePercent(pointer.slice(1)).split("/")) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(schema) && /^\d+$/.test(key) && Number(key) < schema.length) schema = schema[Number(key)];
    else if (isJsonObject(schema) && Object.hasOwn(schema, key)) schema = schema[key];
    else return { failure: `PointerToNowhere: ${textRepr(pointer)} does not exist within ${repr(root.schema)}` };
    base = enterBase(base, schema);
  }
  return { found: { schema, base } };
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Resolves a `$ref` (or `$dynamicRef`); `scope` are the bases entered before, outermost first. */
export function lookUp(resources: Resources, reference: string, base: string, scope: readonly string[]): Lookup {
  const full = reference.startsWith("#") ? base + reference : joinUri(base, reference);
  const cut = full.indexOf("#");
  const uri = cut < 0 ? full : full.slice(0, cut);
  const fragment = cut < 0 ? "" : full.slice(cut + 1);
  if (!resources.byUri.has(uri)) return { failure: `Unresolvable: ${reference}` };
  const root = { schema: resources.byUri.get(uri), base: uri };
  if (fragment === "") return { found: root };
  if (fragment.startsWith("/")) return followPointer(fragment, root);
  const anchor = resources.anchors.get(`${uri}#${fragment}`);
  if (anchor === undefined) return { failure: anchorFailure(fragment, root.schema) };
  const outermost = anchor.dynamic ? scope.find((outer) => resources.anchors.get(`${outer}#${fragment}`)?.dynamic) : undefined;
  if (outermost === undefined) return { found: { schema: anchor.schema, base: uri } };
  return { found: { schema: resources.anchors.get(`${outermost}#${fragment}`)?.schema, base: outermost } };
}

const anchorFailure = (fragment: string, schema: unknown): string =>
  fragment.includes("/")
    ? `InvalidAnchor: '#${fragment}' is not a valid anchor, neither as a plain name anchor nor as a JSON Pointer. ` +
      `You may have intended to use '#/${fragment}', as the slash is required *before each segment* of a JSON pointer.`
    : `NoSuchAnchor: ${textRepr(fragment)} does not exist within ${repr(schema)}`;

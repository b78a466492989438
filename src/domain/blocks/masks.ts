import { isJsonObject, type JsonObject } from "../../lib/json.ts";

/** The text that replaces every secret in answers, whatever its type and length. */
export const mask = "********";

/** Returns the paths of a schema's fields that are secret: keys, of which `*` stands for all below. */
export function secretPathsOf(fields: JsonObject): string[][] {
  const { secret_fields: listed } = fields;
  return Array.isArray(listed) ? listed.filter((one) => typeof one === "string").map((one) => one.split(".")) : [];
}

const isFilled = (value: unknown): value is JsonObject => isJsonObject(value) && Object.keys(value).length > 0;

const ownValue = (value: unknown, key: string): unknown =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

const valueAt = (value: unknown, path: readonly string[]): unknown => path.reduce(ownValue, value);

/** Returns a copy whose objects can be changed; lists are leaves. Changed in place, because a schema may name thousands of paths. */
const copyOf = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([key, member]) => [key, isFilled(member) ? copyOf(member) : member]));

/** Replaces the value at a path of at least one key. The path must exist; a key may be `__proto__`. */
function replaceAt(data: JsonObject, path: readonly string[], make: (old: unknown) => unknown): void {
  const parent = valueAt(data, path.slice(0, -1));
  const key = path.at(-1);
  if (isJsonObject(parent) && key !== undefined) parent[key] = make(parent[key]);
}

type Make = (leaf: unknown, path: readonly string[]) => unknown;

/** Replaces each leaf below a path, or the value at the path if it is a leaf itself; an empty object is a leaf. */
function replaceLeaves(data: JsonObject, above: readonly string[], make: Make): void {
  const top = valueAt(data, above);
  if (isFilled(top)) replaceBelow(top, make, []);
  else if (top !== undefined && above.length > 0) replaceAt(data, above, (leaf) => make(leaf, []));
}

function replaceBelow(object: JsonObject, make: Make, path: readonly string[]): void {
  for (const [key, member] of Object.entries(object)) {
    const here = [...path, key];
    if (isFilled(member)) replaceBelow(member, make, here);
    else object[key] = make(member, here);
  }
}

/** The path before the first wildcard, null without one. */
function aboveWildcard(path: readonly string[]): readonly string[] | null {
  const wildcard = path.indexOf("*");
  return wildcard === -1 ? null : path.slice(0, wildcard);
}

/**
 * Returns a document's data as answers show them (`prefect/server/schemas/core.py BlockDocument.from_orm_model`). Unlike in the reference a
 * secret that is a filled object is masked as a whole.
 */
export function maskSecrets(data: JsonObject, secrets: readonly (readonly string[])[]): JsonObject {
  const shown = copyOf(data);
  const masked = new Set<string>();
  for (const path of secrets) {
    if ((valueAt(shown, path) ?? null) !== null) {
      replaceAt(shown, path, () => mask);
      continue;
    }
    const above = aboveWildcard(path);
    // Fields that differ behind the wildcard alone mask the same leaves.
    if (above === null || masked.has(above.join("."))) continue;
    masked.add(above.join("."));
    replaceLeaves(shown, above, () => mask);
  }
  return shown;
}

/**
 * Returns sent data in which masks stand for the stored secrets again (`prefect/server/models/block_documents.py update_block_document`).
 * A mask for a leaf that is not stored stays.
 */
export function restoreSecrets(sent: JsonObject, stored: JsonObject, secrets: readonly (readonly string[])[]): JsonObject {
  const data = copyOf(sent);
  const restored = new Set<string>();
  for (const path of secrets) {
    const secret = valueAt(stored, path) ?? null;
    if (secret !== null) {
      if (valueAt(data, path) === mask) replaceAt(data, path, () => secret);
      continue;
    }
    const above = aboveWildcard(path);
    if (above === null || restored.has(above.join("."))) continue;
    restored.add(above.join("."));
    const below = valueAt(stored, above);
    replaceLeaves(data, above, (leaf, at) => (leaf === mask ? (valueAt(below, at) ?? leaf) : leaf));
  }
  return data;
}

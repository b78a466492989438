import { isJsonObject, type JsonObject, objectOf } from "../../lib/json.ts";

/** What stands for every secret in answers, whatever it is. */
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

/** Returns an object with one member replaced; unlike a spread also one called `__proto__`. */
const withMember = (object: JsonObject, key: string, value: unknown): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([name, member]) => [name, name === key ? value : member]));

/** Returns a value with what is at a path replaced, which must be there. */
function replaceAt(value: unknown, [key, ...rest]: readonly string[], make: (old: unknown) => unknown): unknown {
  if (key === undefined) return make(value);
  return withMember(objectOf(value), key, replaceAt(ownValue(value, key), rest, make));
}

/** Returns a value with each leaf replaced: what is no filled object. */
function replaceLeaves(
  value: unknown,
  make: (leaf: unknown, path: readonly string[]) => unknown,
  path: readonly string[] = [],
): unknown {
  if (!isFilled(value)) return make(value, path);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceLeaves(member, make, [...path, key])]));
}

const wildcardOf = (path: readonly string[]): number => path.indexOf("*");

/**
 * Returns a document's data as answers show them (block_documents.md "Masking of secrets"). Unlike in the reference a secret that is a filled
 * object is masked as a whole.
 */
export function maskSecrets(data: JsonObject, secrets: readonly (readonly string[])[]): JsonObject {
  return objectOf(
    secrets.reduce<unknown>((shown, path) => {
      if ((valueAt(shown, path) ?? null) !== null) return replaceAt(shown, path, () => mask);
      const wildcard = wildcardOf(path);
      const above = path.slice(0, Math.max(wildcard, 0));
      if (wildcard === -1 || valueAt(shown, above) === undefined || Object.keys(objectOf(shown)).length === 0) return shown;
      return replaceAt(shown, above, (below) => replaceLeaves(below, () => mask));
    }, data),
  );
}

/** Returns sent data in which masks that came back stand for the stored secrets again (block_documents.md "Masks sent back"). */
export function restoreSecrets(sent: JsonObject, stored: JsonObject, secrets: readonly (readonly string[])[]): JsonObject {
  return objectOf(
    secrets.reduce<unknown>((data, path) => {
      const secret = valueAt(stored, path) ?? null;
      if (secret !== null) return valueAt(data, path) === mask ? replaceAt(data, path, () => secret) : data;
      const wildcard = wildcardOf(path);
      const above = path.slice(0, Math.max(wildcard, 0));
      if (wildcard === -1 || valueAt(data, above) === undefined) return data;
      const storedBelow = valueAt(stored, above);
      return replaceAt(data, above, (below) =>
        replaceLeaves(below, (leaf, at) => (leaf === mask ? (valueAt(storedBelow, at) ?? leaf) : leaf)),
      );
    }, sent),
  );
}

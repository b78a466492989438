import { isJsonObject } from "../json.ts";
import { isNumber, numberOf } from "../python/index.ts";
import { chargeWork } from "../work.ts";

/** Returns whether two JSON values are equal in JSON Schema: 1 equals 1.0, true does not equal 1. */
export function equalValues(one: unknown, two: unknown): boolean {
  chargeWork(typeof one === "string" && typeof two === "string" && one.length === two.length ? 1 + one.length : 1);
  if (one === two) return true;
  if (isNumber(one) && isNumber(two)) {
    const [a, b] = [numberOf(one), numberOf(two)];
    return !(a < b) && !(a > b);
  }
  if (Array.isArray(one) && Array.isArray(two)) {
    return one.length === two.length && one.every((item, index) => equalValues(item, two[index]));
  }
  if (!isJsonObject(one) || !isJsonObject(two)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(two).length && keys.every((key) => Object.hasOwn(two, key) && equalValues(one[key], two[key]))
  );
}

/** Returns a text that is the same for equal values only, so that a set finds duplicates in one pass. */
export function fingerprint(value: unknown): string {
  chargeWork(typeof value === "string" ? 2 + value.length : 2);
  if (isNumber(value)) return fingerprintOfNumber(numberOf(value));
  if (Array.isArray(value)) return `[${value.map(fingerprint).join(",")}]`;
  if (isJsonObject(value)) {
    const members = Object.keys(value).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}:${fingerprint(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

const fingerprintOfNumber = (value: number | bigint): string =>
  typeof value === "bigint" ? String(value) : Number.isInteger(value) ? String(BigInt(value)) : String(value);

// A schema's list is compared with many values.
const fingerprintsOf = new WeakMap<readonly unknown[], ReadonlySet<string>>();

/**
 * Returns whether a list contains a value, in time proportional to the value, not the list; the list must not change afterwards.
 */
export function holdsEqual(list: readonly unknown[], value: unknown): boolean {
  if (list.length < 8) return list.some((each) => equalValues(each, value));
  const known = fingerprintsOf.get(list) ?? new Set(list.map(fingerprint));
  fingerprintsOf.set(list, known);
  return known.has(fingerprint(value));
}

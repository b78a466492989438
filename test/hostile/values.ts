import type { JsonObject } from "../../src/lib/json.ts";
import { type Known, type Place, sample } from "../support/samples.ts";

// JSON.stringify writes such a value as the text it was made of: numbers that no double holds.
const raw = (text: string): unknown => Reflect.apply(Reflect.get(JSON, "rawJSON"), JSON, [text]);

/** A list in a list in a list … */
export const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

export const injections = [
  "'; drop table flow; --",
  "' or '1'='1",
  "x') union select name from sqlite_schema --",
  '%_\\% " or ""="',
  "?1 :a @b $c",
];

const strange = ["", "\0", "a\0\u202e\ufeff\u0301🚀", "x".repeat(60_000), "__proto__", "%_*?".repeat(10_000), "(a+)+$"];
const ids = ["x", "00000000-0000-4000-8000-00000000dead", "{00000000-0000-4000-8000-00000000DEAD}", "urn:uuid:x", injections[0]];
const numbers = [
  -1,
  0,
  "1.5",
  Number.MAX_SAFE_INTEGER,
  raw("9223372036854775807"),
  raw("-9223372036854775809"),
  raw(`1${"0".repeat(400)}`),
  raw("1e400"),
  raw("-1e400"),
  1e308,
  5e-324,
  1e15,
  -1e15,
  1e12,
  2_147_483_648,
  1e-9,
  "9".repeat(400),
  "NaN",
];
const times = [
  "9999-12-31T23:59:59Z",
  "99999-12-31T23:59:59Z",
  "+020000-01-01T00:00:00Z",
  253_402_300_799,
  253_402_300_800,
  -1e15,
  "9999-12-31T23:59:59.999999-23:59",
  "0001-01-01T00:00:00+23:59",
  "0000-01-01T00:00:00Z",
  "10000-01-01T00:00:00Z",
  "2035-02-30T00:00:00+99:99",
  -62_135_596_800,
  raw("9223372036854775807"),
  raw("1e400"),
  "9".repeat(400),
  injections[0],
];
const wrongTypes = [null, true, 5, "text", [], { a: [{}] }];

/** Returns what is put in a place of a body: values of other types, and of its own type those at the edge of it and beyond. */
export function hostileValues({ path, schema }: Place, known: Known): unknown[] {
  // What a list holds is of few kinds: the list as a whole has the rest.
  if (typeof path.at(-1) === "number") return [null, 5, "x", "", [[]], { a: 1 }, raw("1e400")];
  const { type, format, enum: values, items, properties, additionalProperties } = schema;
  const own = (): unknown[] => {
    if (Array.isArray(values)) return ["", injections[0], "__proto__"];
    switch (Array.isArray(type) ? type[0] : type) {
      case "string":
        if (format === "uuid") return ids;
        if (format === "date-time") return times;
        // The other injections stand in every text at once (requests.test.ts). Further down texts are kept as JSON.
        return path.length > 2 ? [strange[2]] : [injections[0], ...strange];
      case "integer":
      case "number":
        return numbers;
      case "boolean":
        return [2, "maybe", "yes", raw("1e400")];
      case "array":
        return [
          Array.from({ length: 5000 }, () => sample(items, known)),
          [...injections, ...strange],
          Array(3).fill(sample(items, known)),
          Array(20_000).fill(sample(items, known)),
          Array(20_000).fill({}),
        ];
      case "object":
        return properties === undefined ? freeObjects(additionalProperties) : [];
      default:
        return [...strange, raw("1e400"), raw("123456789012345678901234567890"), ...freeObjects(undefined)];
    }
  };
  return [...wrongTypes, ...own()];
}

const named = (key: string, value: unknown): JsonObject => Object.defineProperty({}, key, { value, enumerable: true });

const freeObjects = (values: unknown): unknown[] => [
  named("__proto__", { polluted: true }),
  Object.assign(named("__proto__", "x"), {
    constructor: "x",
    toString: "x",
    "": "x",
    "\0": "x",
    $ref: "x",
    [injections[0] ?? ""]: "x",
  }),
  named("a", raw("1e400")),
  Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, values === undefined ? i : `${i}`])),
  ...(values === undefined ? [named("a", JSON.parse(nested(230)))] : []),
];

/** Keys that an object of known members does not know. */
export const surprises = ["surprise", "__proto__", "constructor"];

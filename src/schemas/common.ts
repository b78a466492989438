import * as z from "zod";
import { isJsonObject, isRawJson, type JsonObject, plainNumber } from "../lib/json.ts";
import { once } from "../lib/once.ts";
import { formatTime, type Micros, parseTime } from "../lib/time.ts";
import { list, requestBounds } from "./lists.ts";

// Pydantic's fault types and the violated bound are carried in `params`; http/errors puts them on the wire.
type Fault = { type: string; message: string; ctx?: Readonly<Record<string, number>> };

const fault = (type: string, message: string, ctx?: Fault["ctx"]): Fault =>
  ctx === undefined ? { type, message } : { type, message, ctx };

// Zod takes about 20 µs for a schema, and hundreds of members are of the same few kinds: each kind is made once.
const anything = z.unknown();

/**
 * A schema that reads a wire form leniently: `read` returns the value or the fault, `wire` is its JSON Schema. `read` receives
 * numbers as doubles, also those carried as raw JSON.
 */
export function lenient<T>(wire: Record<string, unknown>, read: (input: unknown) => { value: T } | Fault) {
  return anything
    .transform((input, context): T => {
      const outcome = read(plainNumber(input));
      if ("value" in outcome) return outcome.value;
      context.issues.push({ code: "custom", input, message: outcome.message, params: { type: outcome.type, ctx: outcome.ctx } });
      return z.NEVER;
    })
    .register(z.globalRegistry, { wire });
}

// In bodies with all dashes or none; in paths with any of them.
const uuidText = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i;
const wrapped = /^(?:\{(.+)\}|urn:uuid:(.+))$/;
const uuidInPath = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

const withDashes = (text: string): string =>
  text
    .replaceAll("-", "")
    .toLowerCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/** Returns a UUID in lower case with dashes, or null if the text is not a UUID. */
export function normaliseUuid(text: string): string | null {
  const [, inBraces, inUrn] = wrapped.exec(text) ?? [];
  const bare = inBraces ?? inUrn ?? text;
  return uuidText.test(bare) ? withDashes(bare) : null;
}

/** Returns a path's UUID in lower case with dashes, or null for forms that do not match the path (braces, urn, blanks). */
export const normalisePathUuid = (text: string): string | null => (uuidInPath.test(text) ? withDashes(text) : null);

export const uuid = once(() =>
  lenient<string>({ type: "string", format: "uuid" }, (input) => {
    if (typeof input !== "string") return fault("uuid_type", "UUID input should be a string, bytes or UUID object");
    const value = normaliseUuid(input);
    return value === null ? fault("uuid_parsing", "Input should be a valid UUID") : { value };
  }),
);

/** The fault of a path parameter that makes the path unknown (404). */
export const notARoute = "not_a_route";

/** A UUID in a path; with another text the path is unknown (404 `Not Found`). */
export const pathUuid = once(() =>
  lenient<string>({ type: "string", format: "uuid", [notARoute]: true }, (input) => {
    const value = typeof input === "string" ? normalisePathUuid(input) : null;
    return value === null ? fault(notARoute, "Not Found") : { value };
  }),
);

/** The path parameters of an operation on one object. */
export const byId = z.object({ id: pathUuid() });

const wholeText = /^\s*[+-]?\d+(\.0*)?\s*$/;

interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly greater_than?: number;
  /** A number beyond the exact range of doubles is clamped to it instead of refused. */
  readonly clamped?: boolean;
}

function readInteger(input: unknown): { value: number } | Fault {
  if (typeof input === "boolean") return { value: input ? 1 : 0 };
  if (typeof input === "number")
    return Number.isInteger(input)
      ? { value: input }
      : fault("int_from_float", "Input should be a valid integer, got a number with a fractional part");
  if (typeof input === "string") {
    return wholeText.test(input)
      ? { value: Number(input) }
      : fault("int_parsing", "Input should be a valid integer, unable to parse string as an integer");
  }
  return fault("int_type", "Input should be a valid integer");
}

function holdExact(value: number, held: boolean): { value: number } | Fault {
  if (Number.isSafeInteger(value)) return { value };
  if (held) return { value: Math.sign(value) * Number.MAX_SAFE_INTEGER };
  return fault("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size");
}

/** A whole number; also `"2"`, `2.0` and `true`. Bounds are inclusive. */
export const integer = (bounds: Bounds = {}) =>
  lenient<number>(
    {
      type: "integer",
      ...(bounds.min !== undefined && { minimum: bounds.min }),
      ...(bounds.max !== undefined && { maximum: bounds.max }),
      ...(bounds.greater_than !== undefined && { exclusiveMinimum: bounds.greater_than }),
    },
    (input) => {
      const read = readInteger(input);
      const outcome = "value" in read ? holdExact(read.value, bounds.clamped === true) : read;
      return "value" in outcome ? withinBounds(outcome.value, bounds) : outcome;
    },
  );

function withinBounds(value: number, bounds: Bounds): { value: number } | Fault {
  const { min, max, greater_than } = bounds;
  if (min !== undefined && value < min)
    return fault("greater_than_equal", `Input should be greater than or equal to ${min}`, { ge: min });
  if (greater_than !== undefined && value <= greater_than)
    return fault("greater_than", `Input should be greater than ${greater_than}`, { gt: greater_than });
  if (max !== undefined && value > max)
    return fault("less_than_equal", `Input should be less than or equal to ${max}`, { le: max });
  return { value };
}

/** A number, also as text. Bounds are inclusive. */
export const number = (bounds: Omit<Bounds, "clamped"> = {}) =>
  lenient<number>({ type: "number", ...(bounds.min !== undefined && { minimum: bounds.min }) }, (input) => {
    const isNumeric = typeof input === "boolean" || (typeof input === "string" && input.trim() !== "");
    const value = isNumeric ? Number(input) : input;
    if (typeof value !== "number" || !Number.isFinite(value))
      return typeof input === "string"
        ? fault("float_parsing", "Input should be a valid number, unable to parse string as a number")
        : fault("float_type", "Input should be a valid number");
    return withinBounds(value, bounds);
  });

const yes = new Set(["1", "true", "yes", "on", "t", "y"]);
const no = new Set(["0", "false", "no", "off", "f", "n"]);

/** A boolean; also 0, 1 and the usual words in any case. */
export const boolean = once(() =>
  lenient<boolean>({ type: "boolean" }, (input) => {
    if (typeof input === "boolean") return { value: input };
    if (input === 0 || input === 1) return { value: input === 1 };
    if (typeof input !== "string") return fault("bool_type", "Input should be a valid boolean");
    const word = input.toLowerCase();
    if (yes.has(word)) return { value: true };
    if (no.has(word)) return { value: false };
    return fault("bool_parsing", "Input should be a valid boolean, unable to interpret input");
  }),
);

/** A point in time in any form of the API, as microseconds since the epoch. */
export const timestamp = once(() =>
  lenient<Micros>({ type: "string", format: "date-time" }, (input) => {
    const value = typeof input === "string" || typeof input === "number" ? parseTime(input) : null;
    return value === null ? fault("datetime_from_date_parsing", "Input should be a valid datetime or date") : { value };
  }),
);

/** A point in time as it stands in an answer. */
export const wireTime = once(() => z.string().register(z.globalRegistry, { wire: { type: "string", format: "date-time" } }));

/** Any JSON object, kept exactly as sent (its keys may be `__proto__`, its numbers beyond 2^53, its floats without a fraction). */
export const jsonObject = once(() =>
  lenient<JsonObject>({ type: "object", additionalProperties: true }, (input) =>
    isJsonObject(input) ? { value: input } : fault("dict_type", "Input should be a valid dictionary"),
  ),
);

/** Any JSON value, stored exactly as sent. */
export const json = once(() => z.unknown().register(z.globalRegistry, { wire: {} }));

const isLabelValue = (value: unknown) =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" || isRawJson(value);

/** Labels: strings, numbers and booleans by name. */
export const labels = once(() =>
  lenient<JsonObject>(
    {
      type: "object",
      additionalProperties: { anyOf: [{ type: "boolean" }, { type: "integer" }, { type: "number" }, { type: "string" }] },
    },
    (input) => {
      if (!isJsonObject(input)) return fault("dict_type", "Input should be a valid dictionary");
      return Object.values(input).every(isLabelValue)
        ? { value: input }
        : fault("string_type", "Label values should be texts, numbers or booleans");
    },
  ),
);

export const namePattern = /^[^/%&><]+$/;

/** The name of an object that appears in paths: none of `/ % & > <`, not empty. */
export const objectName = once(() => z.string().regex(namePattern));

/**
 * Returns the schema of a name with lowercase letters, numbers and dashes (`prefect/types/names.py
 * raise_on_name_alphanumeric_dashes_only`), which `after` another schema of texts; a line break at the end is let through, as Python's `$` does.
 */
export const dashedName = (what: string, after: z.ZodString = z.string()) =>
  after.regex(/^[a-z0-9-]*\n?$/, {
    message: `Value error, ${what} must only contain lowercase letters, numbers, and dashes.`,
  });

export const tags = once(() => list(z.string(), requestBounds.tags));

/** A member of a body of plain members (filter, count, paginate …): `null` counts as absent and gives the default. */
export const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((input) => (input === null ? undefined : input), schema.optional());

export { formatTime, type Micros, parseTime };

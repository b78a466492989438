import { isRawJson, type Json, readJsonText } from "./exact-json.ts";

export { floatJson, isRawJson, type Json, type ReadJson, readJsonText, TooManyExactNumbers } from "./exact-json.ts";

export type JsonObject = Record<string, unknown>;

/**
 * Parses JSON text that may contain free JSON of clients; integers beyond 2^53 and floats without a fraction are raw JSON. Throws
 * SyntaxError.
 */
export const parseJson = (text: string): Json => readJsonText(text).exact;

/**
 * Parses JSON that the database built from columns: its numbers are doubles, also those of REAL columns, which SQLite writes as
 * `2.0`.
 */
export const parseColumns = (text: string): Json => JSON.parse(text);

/** Writes JSON text; raw JSON keeps its digits. */
export const stringifyJson = (value: Json): string => JSON.stringify(value);

/** Returns whether a value is a JSON object (not a list, null or raw number). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawJson(value);
}

/** Returns the nearest double of a number that is raw JSON; other values unchanged. */
export const plainNumber = (value: Json): Json => (isRawJson(value) ? Number(stringifyJson(value)) : value);

/** Returns a JSON object as it is, an empty one for any other value. */
export const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** Returns a text as it is, null for any other value. */
export const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

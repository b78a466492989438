import { isRawJson, type Json, readJsonText } from "./exact-json.ts";

export { floatJson, isRawJson, type Json, type ReadJson, readJsonText } from "./exact-json.ts";

export type JsonObject = Record<string, unknown>;

/**
 * Parses JSON text that may hold a client's own JSON; integers beyond 2^53 and floats without a fraction come back as raw JSON.
 * Throws SyntaxError.
 */
export const parseJson = (text: string): Json => readJsonText(text).exact;

/** Parses JSON that the database made of columns: its numbers are doubles, also those of REAL columns, which SQLite writes `2.0`. */
export const parseColumns = (text: string): Json => JSON.parse(text);

/** Writes JSON text; raw JSON keeps its digits. */
export const stringifyJson = (value: Json): string => JSON.stringify(value);

/** Tells whether a value is a JSON object (no list, no null, no raw number). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawJson(value);
}

/** Returns a number that is carried as raw JSON as the double nearest to it; other values as they are. */
export const plainNumber = (value: Json): Json => (isRawJson(value) ? Number(stringifyJson(value)) : value);

/** Returns a JSON object as it is, an empty one for any other value. */
export const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** Returns a text as it is, null for any other value. */
export const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Any JSON value. An integer beyond 2^53 is carried as the engine's raw JSON object, so that every digit survives. */
export type Json = unknown;
export type JsonObject = Record<string, unknown>;

// The ES proposal "JSON.parse source text access": in V8 since 11.4, not yet in TypeScript's library.
interface RawJsonEngine {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
  parse(text: string, reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown): unknown;
}
const hasRawJson = (engine: object): engine is RawJsonEngine => "rawJSON" in engine;
const engine: object = JSON;

// What may be beyond 2^53: 16 digits from 9 on, or more. Times in microseconds are below, so that rows take the fast way. An integer follows
// one of few characters: to look for these first takes a sixth of the time, and the search takes longer than the parser for most texts.
const longInteger = /(?:^|[,:[\s])-?(?:9\d{15}|\d{17})/;
const wholeNumber = /^-?\d+$/;

/** Parses JSON text; integers that a double cannot hold come back as raw JSON objects. Throws SyntaxError. */
export function parseJson(text: string): Json {
  if (!longInteger.test(text) || !hasRawJson(engine)) return JSON.parse(text);
  const { rawJSON } = engine;
  return engine.parse(text, (_key, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && context.source !== undefined && wholeNumber.test(context.source)
      ? rawJSON(context.source)
      : value,
  );
}

/** Writes JSON text; raw JSON objects keep their digits. */
export const stringifyJson = (value: Json): string => JSON.stringify(value);

/** Tells whether a value is a big integer that `parseJson` kept as raw JSON. */
export const isRawJson = (value: unknown): boolean => hasRawJson(engine) && engine.isRawJSON(value);

/** Tells whether a value is a JSON object (no list, no null, no raw number). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawJson(value);
}

import { isJsonObject, isRawJson, type Json, stringifyJson } from "../json.ts";
import { compareTexts, numberText } from "./text.ts";

const beyondAscii = /[\u007f-\uffff]/g;

const asciiText = (text: string): string =>
  stringifyJson(text).replace(beyondAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Returns JSON as Python's `json.dumps(value, sort_keys=True)` writes it: in ASCII, keys by code point, floats as floats. */
export function sortedJson(value: Json): string {
  if (typeof value === "string") return asciiText(value);
  if (typeof value === "number" || isRawJson(value)) return numberText(value);
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(", ")}]`;
  if (!isJsonObject(value)) return stringifyJson(value ?? null);
  const members = Object.keys(value)
    .sort(compareTexts)
    .map((key) => `${asciiText(key)}: ${sortedJson(Reflect.get(value, key))}`);
  return `{${members.join(", ")}}`;
}

import { isJsonObject, isRawJson, stringifyJson } from "../json.ts";
import { chargeWork } from "../work.ts";

// Messages of the API quote values in the form of Python's repr().

/** Returns whether a value is a JSON number, plain or raw. */
export const isNumber = (value: unknown): boolean => typeof value === "number" || isRawJson(value);

const wholeText = /^-?\d+$/;

/** Returns the exact value of a JSON number: a bigint for integers beyond the exact range of doubles. */
export function numberOf(value: unknown): number | bigint {
  if (typeof value === "number") return value;
  const text = stringifyJson(value);
  return wholeText.test(text) ? BigInt(text) : Number(text);
}

/** Returns whether a number was written without fraction or exponent; a plain double beyond 2^53 can only have been a float. */
export const isInt = (value: unknown): boolean =>
  typeof value === "number" ? Number.isSafeInteger(value) : wholeText.test(stringifyJson(value));

/** Returns whether a number has no fraction, in any notation. */
export const isWhole = (value: unknown): boolean =>
  typeof value === "number" ? Number.isInteger(value) : typeof numberOf(value) === "bigint" || Number.isInteger(numberOf(value));

/** Returns a float as Python prints it: `1.0`, `1e+16`, `1e-05`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "0", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = exponent < 0 ? value.toFixed(mantissa.replace(/[-.]/g, "").length - 1 - exponent) : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** Returns a number as Python prints it. */
export const numberText = (value: unknown): string =>
  isInt(value) ? String(numberOf(value)) : floatText(Number(numberOf(value)));

const unprintable = /[\\'\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/gu;
const shortEscapes = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  [" ", " "],
]);

function escapeCharacter(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Returns a text in Python's quotes: single ones, unless the text contains single and no double quotes. */
export function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(unprintable, (character) =>
    character === "'" ? (quote === "'" ? "\\'" : "'") : escapeCharacter(character),
  );
  return quote + body + quote;
}

/** Returns a JSON value as Python's repr() writes it. */
export function repr(value: unknown): string {
  chargeWork(typeof value === "string" ? 2 + 3 * value.length : 2);
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return textRepr(value);
  if (isNumber(value) || typeof value === "bigint") return typeof value === "bigint" ? String(value) : numberText(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (isJsonObject(value)) {
    return `{${Object.entries(value)
      .map(([key, member]) => `${textRepr(key)}: ${repr(member)}`)
      .join(", ")}}`;
  }
  return String(value);
}

/** Orders texts by code point, as Python does (JavaScript compares UTF-16 units). */
export function compareTexts(one: string, two: string): number {
  if (one === two) return 0;
  const length = Math.min(one.length, two.length);
  for (let index = 0; index < length; index++) {
    if (one[index] === two[index]) continue;
    // The second unit of a pair is read as itself; equal first units make that a fair comparison.
    return (one.codePointAt(index) ?? 0) - (two.codePointAt(index) ?? 0);
  }
  return one.length - two.length;
}

/** Returns the number of code points of a text. */
export function textLength(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** Returns quoted extras and the verb in the right number: `'a', 'b' were`. */
export const extrasText = (extras: readonly unknown[]): string =>
  `${extras.map(repr).join(", ")} ${extras.length === 1 ? "was" : "were"}`;

/** Strips `characters` from the ends of a text; in linear time, unlike an expression with `+$`. */
export function stripEnds(text: string, characters: string, { start = true } = {}): string {
  let [from, to] = [0, text.length];
  while (start && from < to && characters.includes(text.charAt(from))) from++;
  while (to > from && characters.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

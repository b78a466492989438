import { charge, chargeText } from "./meter.ts";

// The engine's search is quadratic in the worst case: it is used for short patterns only.
const fewComparisons = 1_000_000;

/** Returns the index of a pattern in a text from an index on, -1 if there is none; in linear time. */
export function indexOf(text: string, pattern: string, from = 0): number {
  charge(1 + pattern.length);
  if (text.length * pattern.length <= fewComparisons || pattern.length < 8) {
    const found = text.indexOf(pattern, from);
    charge((found < 0 ? text.length : found) - from);
    return found;
  }
  const [found = -1] = occurrences(text, pattern, from);
  return found;
}

/** Returns the indexes of non-overlapping occurrences of a pattern; none for an empty pattern. In linear time. */
export function allIndices(text: string, pattern: string): number[] {
  charge(1 + text.length + pattern.length);
  if (pattern === "") return [];
  if (text.length * pattern.length > fewComparisons && pattern.length >= 8) return [...occurrences(text, pattern, 0)];
  const found: number[] = [];
  for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + pattern.length)) found.push(at);
  return found;
}

/** Knuth-Morris-Pratt: yields the indexes of non-overlapping occurrences. */
function* occurrences(text: string, pattern: string, from: number): Generator<number> {
  charge(text.length - from + 2 * pattern.length);
  const borders = bordersOf(pattern);
  let matched = 0;
  for (let at = from; at < text.length; at++) {
    while (matched > 0 && text[at] !== pattern[matched]) matched = borders[matched - 1] ?? 0;
    if (text[at] === pattern[matched]) matched++;
    if (matched < pattern.length) continue;
    yield at - matched + 1;
    matched = 0;
  }
}

function bordersOf(pattern: string): Uint32Array {
  const borders = new Uint32Array(pattern.length);
  let matched = 0;
  for (let at = 1; at < pattern.length; at++) {
    while (matched > 0 && pattern[at] !== pattern[matched]) matched = borders[matched - 1] ?? 0;
    if (pattern[at] === pattern[matched]) matched++;
    borders[at] = matched;
  }
  return borders;
}

/** Splits a text at each occurrence of a non-empty separator, in linear time. */
export function splitAt(text: string, separator: string, most = Infinity): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const at of allIndices(text, separator)) {
    if (parts.length >= most) break;
    parts.push(text.slice(start, at));
    start = at + separator.length;
  }
  parts.push(text.slice(start));
  return parts;
}

/** Strips the characters in `chars` from the ends of a text; without `chars`, whitespace. */
export function strip(text: string, chars: string | undefined, sides: "l" | "r" | "lr"): string {
  charge(text.length + (chars?.length ?? 0));
  if (chars === undefined) {
    const left = sides.includes("l") ? text.trimStart() : text;
    return sides.includes("r") ? left.trimEnd() : left;
  }
  const drop = new Set(chars);
  const letters = [...text];
  let [start, end] = [0, letters.length];
  if (sides.includes("l")) while (start < end && drop.has(letters[start] ?? "")) start++;
  if (sides.includes("r")) while (end > start && drop.has(letters[end - 1] ?? "")) end--;
  return letters.slice(start, end).join("");
}

/** Joins texts; throws OverflowError if the result is too long. */
export function joinTexts(parts: readonly string[], by: string): string {
  chargeText(parts.reduce((length, part) => length + part.length, by.length * Math.max(parts.length - 1, 0)));
  return parts.join(by);
}

/** Replaces each occurrence of a text; an empty one occurs at both ends and between all characters. */
export function replaceAll(text: string, old: string, by: string): string {
  if (old === "") return joinTexts(["", ...text, ""], by);
  const growth = by.length > old.length ? allIndices(text, old).length * (by.length - old.length) : 0;
  chargeText(text.length + growth);
  return joinTexts(splitAt(text, old), by);
}

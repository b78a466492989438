import { type Json, parseJson } from "../../schemas/json.ts";
import { textLength } from "./python-text.ts";

export type ParsedJson = { ok: true; value: Json } | { ok: false; message: string };

/** Where and why a text is no JSON; thrown and caught in this file. */
class Fault extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const blank = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /null|true|false|NaN|Infinity|-Infinity/y;
const plainText = /[^"\\\u0000-\u001f]*/y;

/** Walks over a text as Python's decoder does, only to name the first fault. Throws Fault. */
function walk(text: string): void {
  let at = 0;
  // What is open, innermost last: the walk needs no stack of its own, so no text is too deep for it.
  const open: ("[" | "{")[] = [];
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found !== "";
  };
  const string = (): void => {
    const begin = at;
    at += 1;
    for (;;) {
      skip(plainText);
      const character = text[at];
      if (character === undefined) throw new Fault("Unterminated string starting at", begin);
      if (character === '"') {
        at += 1;
        return;
      }
      if (character !== "\\") throw new Fault("Invalid control character at", at);
      const next = text[at + 1];
      if (next === undefined) throw new Fault("Unterminated string starting at", begin);
      if (next === "u") {
        if (!/^[0-9a-fA-F]{4}/.test(text.slice(at + 2))) throw new Fault("Invalid \\uXXXX escape", at + 1);
        at += 6;
      } else if ('"\\/bfnrt'.includes(next)) at += 2;
      else throw new Fault("Invalid \\escape", at);
    }
  };
  const name = (): void => {
    if (text[at] !== '"') throw new Fault("Expecting property name enclosed in double quotes", at);
    string();
    skip(blank);
    if (text[at] !== ":") throw new Fault("Expecting ':' delimiter", at);
    at += 1;
    skip(blank);
  };
  /** Reads the beginning of a value; true when it is complete. */
  const value = (): boolean => {
    const character = text[at];
    if (character === '"') string();
    else if (character === "[" || character === "{") {
      at += 1;
      skip(blank);
      if (text[at] === (character === "[" ? "]" : "}")) {
        at += 1;
        return true;
      }
      open.push(character);
      if (character === "{") name();
      return false;
    } else if (!skip(word) && !skip(number)) throw new Fault("Expecting value", at);
    return true;
  };

  skip(blank);
  for (;;) {
    if (!value()) continue;
    for (;;) {
      skip(blank);
      const inner = open.at(-1);
      if (inner === undefined) {
        if (at < text.length) throw new Fault("Extra data", at);
        return;
      }
      const character = text[at];
      if (character === (inner === "[" ? "]" : "}")) {
        at += 1;
        open.pop();
        continue;
      }
      if (character !== ",") throw new Fault("Expecting ',' delimiter", at);
      at += 1;
      skip(blank);
      if (inner === "{") name();
      break;
    }
  }
}

function describe(text: string): string {
  if (text.startsWith("\ufeff")) return "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)";
  try {
    walk(text);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const before = text.slice(0, error.at);
    const lines = before.split("\n");
    return `${error.message}: line ${lines.length} column ${textLength(lines.at(-1) ?? "") + 1} (char ${textLength(before)})`;
  }
  // What only Python reads as JSON: NaN and the infinities, which no JSON text could hold afterwards.
  return "Out of range float values are not JSON compliant";
}

/** Parses JSON; the message of a failure is Python's. */
export function parsePythonJson(text: string): ParsedJson {
  try {
    return { ok: true, value: parseJson(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, message: describe(text) };
    throw error;
  }
}

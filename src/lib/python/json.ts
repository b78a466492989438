import { type Json, parseJson } from "../json.ts";
import { textLength } from "./text.ts";

export type ParsedJson = { ok: true; value: Json } | { ok: false; message: string };

/** Position and reason of a JSON error; thrown and caught in this file. */
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

/** Scans a text as Python's decoder does, to find the first fault. */
class Walker {
  readonly #text: string;
  #at = 0;
  // The open brackets, innermost last: without recursion there is no limit of depth.
  readonly #open: ("[" | "{")[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  /** Scans to the end; throws Fault. */
  walk(): void {
    this.#skip(blank);
    for (;;) {
      if (this.#value() && !this.#afterValue()) return;
    }
  }

  /** Scans the beginning of a value; true when it is complete. */
  #value(): boolean {
    const character = this.#peek();
    if (character === '"') this.#string();
    else if (character === "[" || character === "{") {
      this.#at += 1;
      this.#skip(blank);
      if (this.#peek() === (character === "[" ? "]" : "}")) {
        this.#at += 1;
        return true;
      }
      this.#open.push(character);
      if (character === "{") this.#name();
      return false;
    } else if (!this.#skip(word) && !this.#skip(number)) throw new Fault("Expecting value", this.#at);
    return true;
  }

  /** Scans what follows a value, up to the next one; false at the end of the text. */
  #afterValue(): boolean {
    for (;;) {
      this.#skip(blank);
      const inner = this.#open.at(-1);
      if (inner === undefined) {
        if (this.#at < this.#text.length) throw new Fault("Extra data", this.#at);
        return false;
      }
      if (this.#peek() === (inner === "[" ? "]" : "}")) {
        this.#at += 1;
        this.#open.pop();
        continue;
      }
      if (this.#peek() !== ",") throw new Fault("Expecting ',' delimiter", this.#at);
      this.#at += 1;
      this.#skip(blank);
      if (inner === "{") this.#name();
      return true;
    }
  }

  #name(): void {
    if (this.#peek() !== '"') throw new Fault("Expecting property name enclosed in double quotes", this.#at);
    this.#string();
    this.#skip(blank);
    if (this.#peek() !== ":") throw new Fault("Expecting ':' delimiter", this.#at);
    this.#at += 1;
    this.#skip(blank);
  }

  #string(): void {
    const begin = this.#at;
    this.#at += 1;
    for (;;) {
      this.#skip(plainText);
      const character = this.#peek();
      const escaped = character === "\\" ? this.#text[this.#at + 1] : "";
      if (character === undefined || escaped === undefined) throw new Fault("Unterminated string starting at", begin);
      if (character === '"') {
        this.#at += 1;
        return;
      }
      if (character !== "\\") throw new Fault("Invalid control character at", this.#at);
      if (escaped === "u") {
        // Python requires one more character after the digits before it checks them.
        const digits = this.#text.slice(this.#at + 2, this.#at + 7);
        if (!/^[0-9a-fA-F]{4}[\s\S]/.test(digits)) throw new Fault("Invalid \\uXXXX escape", this.#at + 1);
        this.#at += 6;
      } else if ('"\\/bfnrt'.includes(escaped)) this.#at += 2;
      else throw new Fault("Invalid \\escape", this.#at);
    }
  }
}

function describe(text: string): string {
  if (text.startsWith("\ufeff")) return "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)";
  try {
    new Walker(text).walk();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const before = text.slice(0, error.at);
    const lines = before.split("\n");
    return `${error.message}: line ${lines.length} column ${textLength(lines.at(-1) ?? "") + 1} (char ${textLength(before)})`;
  }
  // Only Python's JSON has NaN and infinities; they could not be stored as JSON afterwards.
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

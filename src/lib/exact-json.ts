/** Any JSON value. A number that a double cannot represent exactly is carried as the engine's raw JSON object. */
export type Json = unknown;

// The ES proposal "JSON.parse source text access": in V8 since 11.4, not yet in TypeScript's library.
interface RawJsonEngine {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
const hasRawJson = (engine: object): engine is RawJsonEngine => "rawJSON" in engine;
const engine: object = JSON;

/** A parsed text in two forms: `plain` has a double for each number. `exact` is the same object where all doubles are exact. */
export interface ReadJson {
  readonly plain: Json;
  readonly exact: Json;
}

/** Thrown for a text with more numbers that only raw JSON represents than the caller allows. */
export class TooManyExactNumbers extends Error {}

/**
 * Parses JSON text: in `exact`, integers beyond 2^53 and floats without a fraction (`2.0`) are raw JSON, of which each is an object of the
 * engine. Throws SyntaxError, and TooManyExactNumbers where more than `most` of them are needed (equal ones share one).
 */
export function readJsonText(text: string, most = Number.POSITIVE_INFINITY): ReadJson {
  const plain: Json = JSON.parse(text);
  return { plain, exact: hasRawJson(engine) && holdsExactNumber(text) ? new Reader(text, engine, most).read() : plain };
}

/** Returns whether a value is a number that is carried as raw JSON. */
export const isRawJson = (value: unknown): boolean =>
  typeof value === "object" && value !== null && hasRawJson(engine) && engine.isRawJSON(value);

/** Returns a float as JSON that Python reads as a float: `2.0`, and from 1e+16 on with an exponent, as Python writes it. */
export const floatJson = (value: number): Json =>
  Number.isInteger(value) && hasRawJson(engine) ? engine.rawJSON(wholeFloatText(value)) : value;

function wholeFloatText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  return Math.abs(value) >= 1e16 ? value.toExponential() : `${value}.0`;
}

const quote = 0x22;
const plus = 0x2b;
const comma = 0x2c;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const bracket = 0x5b;
const backslash = 0x5c;
const bracketEnd = 0x5d;
const brace = 0x7b;
const braceEnd = 0x7d;

const isDigit = (c: number): boolean => c >= zero && c <= nine;
const isOfFloat = (c: number): boolean => c === point || c === 0x45 || c === 0x65;

/** Returns the index of the quote that ends the string beginning at `start`; the text's length where there is none. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (let c = text.charCodeAt(end); isDigit(c) || isOfFloat(c) || c === minus || c === plus; c = text.charCodeAt(end)) end++;
  return end;
}

function endOfDigits(text: string, start: number): number {
  let end = start + 1;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
}

// Half a million short integers are read in a third of the time that cutting them out and converting them takes.
function integerOf(text: string, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) value = value * 10 + text.charCodeAt(i) - zero;
  return value;
}

const floatMark = /[.eE]/;
// A double represents every integer of this many digits.
const shortInteger = 15;

/**
 * Returns the carrier of a number: raw JSON where a double would change it. Infinity stays a double, which JSON writes as null.
 */
function numberOf(source: string, { rawJSON }: RawJsonEngine): Json {
  // The most frequent form.
  if (source.endsWith(".0") && source.length <= shortInteger) return rawJSON(source);
  const value = Number(source);
  if (floatMark.test(source)) return Number.isInteger(value) ? rawJSON(wholeFloatText(value)) : value;
  return source.length <= shortInteger || Number.isSafeInteger(value) ? value : rawJSON(source);
}

// Most of a text is strings, which indexOf skips: faster than a regular expression over all characters.
function holdsExactNumber(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === quote) i = endOfString(text, i);
    else if (isDigit(c)) {
      let end = i + 1;
      let hasExponent = false;
      let hasFraction = false;
      let hasPoint = false;
      for (let d = text.charCodeAt(end); isDigit(d) || isOfFloat(d) || d === minus || d === plus; d = text.charCodeAt(++end)) {
        if (d === point) hasPoint = true;
        else if (isDigit(d)) hasFraction ||= hasPoint && d !== zero;
        else hasExponent = true;
      }
      // To cut out and convert each number would take four times as long as the rest; so few digits tell by themselves.
      const isPlain = end - i <= shortInteger && !hasExponent;
      if (isPlain ? hasPoint && !hasFraction : isExactNumber(text.slice(i, end))) return true;
      i = end - 1;
    }
  }
  return false;
}

function isExactNumber(source: string): boolean {
  const value = Number(source);
  return floatMark.test(source) ? Number.isInteger(value) : !Number.isSafeInteger(value);
}

const words: Readonly<Record<string, { readonly value: Json; readonly length: number }>> = {
  t: { value: true, length: 4 },
  f: { value: false, length: 5 },
  n: { value: null, length: 4 },
};

const maximumShared = 1000;

type Container = Json[] | Record<string, Json>;

/** Parses a text that is valid JSON, without recursion. JSON.parse with a reviver takes four to fifteen times as long. */
class Reader {
  readonly #text: string;
  readonly #engine: RawJsonEngine;
  // Equal numbers share one object, so that a long list of 2.0 takes no more memory than one of twos.
  readonly #numbers = new Map<string, Json>();
  readonly #around: (Container | undefined)[] = [];
  #here: Container | undefined;
  #key: string | undefined;
  #root: Json;
  #left: number;

  constructor(text: string, engine: RawJsonEngine, most: number) {
    this.#text = text;
    this.#engine = engine;
    this.#left = most;
  }

  read(): Json {
    const text = this.#text;
    for (let at = 0; at < text.length; ) at = this.#step(text, at, text.charCodeAt(at));
    return this.#root;
  }

  /** Handles the token at an index; returns the index after it. */
  #step(text: string, at: number, c: number): number {
    if (c === quote) return this.#string(at);
    if (c === minus || isDigit(c)) {
      const digitsEnd = endOfDigits(text, at);
      const end = endOfNumber(text, digitsEnd - 1);
      const isShort = end === digitsEnd && end - at <= shortInteger && c !== minus;
      this.#put(isShort ? integerOf(text, at, end) : this.#number(text.slice(at, end)));
      return end;
    }
    if (c === brace || c === bracket) this.#open(c === brace ? {} : []);
    else if (c === braceEnd || c === bracketEnd) this.#here = this.#around.pop();
    else if (c !== comma && c !== colon) {
      const word = words[text.charAt(at)];
      if (word === undefined) return at + 1;
      this.#put(word.value);
      return at + word.length;
    }
    return at + 1;
  }

  #string(start: number): number {
    const end = endOfString(this.#text, start);
    const inner = this.#text.slice(start + 1, end);
    const string: string = inner.includes("\\") ? JSON.parse(this.#text.slice(start, end + 1)) : inner;
    if (this.#key === undefined && this.#here !== undefined && !Array.isArray(this.#here)) this.#key = string;
    else this.#put(string);
    return end + 1;
  }

  #number(source: string): Json {
    const known = this.#numbers.get(source);
    if (known !== undefined) return known;
    const value = numberOf(source, this.#engine);
    if (typeof value === "object" && --this.#left < 0) throw new TooManyExactNumbers();
    if (this.#numbers.size < maximumShared) this.#numbers.set(source, value);
    return value;
  }

  #open(container: Container): void {
    this.#put(container);
    this.#around.push(this.#here);
    this.#here = container;
  }

  #put(value: Json): void {
    const here = this.#here;
    if (here === undefined) this.#root = value;
    else if (Array.isArray(here)) here.push(value);
    else if (this.#key === "__proto__")
      Object.defineProperty(here, this.#key, { value, writable: true, enumerable: true, configurable: true });
    else if (this.#key !== undefined) here[this.#key] = value;
    this.#key = undefined;
  }
}

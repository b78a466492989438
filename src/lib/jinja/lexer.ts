import { textLength, textRepr } from "../python/index.ts";

export type Token = { type: string; value: string; line: number };

/** A fault in a template's syntax, with its line. */
export class SyntaxFault extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const operators = ["**", "//", "==", "!=", ">=", "<=", ..."+-/*%~[](){}><=.:|,;"];
const whitespace = /\s+/y;
const float = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const name = /[\p{L}\p{N}\p{M}_]+/uy;
const identifier = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
const string = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const opening = /\{%([-+]?)\s*raw\s*(?:-%\}\s*|%\})|\{([{%#])([-+]?)/g;
const rawEnd = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\})/g;
const commentEnd = /\+#\}|-#\}\s*|#\}/g;
const ends = { variable: /-\}\}\s*|\}\}/y, block: /\+%\}|-%\}\s*|%\}/y };
const pairs = new Map([
  ["{", "}"],
  ["(", ")"],
  ["[", "]"],
]);

const escapes = new Map([..."abfnrtv"].map((letter, index) => [letter, "\u0007\b\f\n\r\t\v"[index] ?? ""]));

function unescapeString(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{1,3})|([\s\S]))/gi,
    (all, x, u, long, octal, one) => {
      const hex: string | undefined = x ?? u ?? long;
      if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (one === "\n") return "";
      return escapes.get(one) ?? (/[\\'"]/.test(one) ? one : all);
    },
  );
}

class Lexer {
  readonly #source: string;
  #at = 0;
  #line = 1;

  constructor(template: string) {
    this.#source = template.replace(/\r\n|\r/g, "\n").replace(/\n$/, "");
  }

  #token(type: string, value: string): Token {
    return { type, value, line: this.#line };
  }

  #advance(text: string): void {
    this.#at += text.length;
    this.#line += text.split("\n").length - 1;
  }

  #find(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source);
  }

  #fail(message: string): never {
    throw new SyntaxFault(message, this.#line);
  }

  *tokens(): Generator<Token> {
    while (this.#at < this.#source.length) {
      const tag = this.#find(opening);
      if (tag === null) {
        yield* this.#data(this.#source.length, undefined);
        return;
      }
      const [whole, rawSign, kind, sign] = tag;
      yield* this.#data(tag.index, rawSign ?? sign);
      this.#advance(whole);
      if (kind === undefined) yield* this.#raw();
      else if (kind === "#") this.#comment();
      else {
        const state = kind === "{" ? "variable" : "block";
        yield this.#token(`${state}_begin`, whole);
        yield* this.#inside(state);
      }
    }
  }

  /** Yields the text up to a tag, without the whitespace that a minus sign strips. */
  *#data(end: number, sign: string | undefined): Generator<Token> {
    const text = this.#source.slice(this.#at, end);
    const kept = sign === "-" ? text.trimEnd() : text;
    if (kept !== "") yield this.#token("data", kept);
    this.#advance(text);
  }

  *#raw(): Generator<Token> {
    const end = this.#find(rawEnd);
    if (end === null) this.#fail("Missing end of raw directive");
    yield* this.#data(end.index, end[1]);
    this.#advance(end[0]);
  }

  #comment(): void {
    const end = this.#find(commentEnd);
    if (end === null) this.#fail("Missing end of comment tag");
    this.#advance(this.#source.slice(this.#at, end.index + end[0].length));
  }

  *#inside(kind: "variable" | "block"): Generator<Token> {
    const open: string[] = [];
    for (;;) {
      // Within brackets the end of a tag is an ordinary operator.
      const end = open.length === 0 ? this.#find(ends[kind])?.[0] : undefined;
      if (end !== undefined) {
        yield this.#token(`${kind}_end`, end);
        this.#advance(end);
        return;
      }
      const blank = this.#find(whitespace)?.[0];
      if (blank !== undefined) {
        this.#advance(blank);
        continue;
      }
      if (this.#at >= this.#source.length) return;
      const { token, text } = this.#atom() ?? this.#operator(open);
      yield token;
      this.#advance(text);
    }
  }

  #atom(): { token: Token; text: string } | undefined {
    const decimal = this.#find(float)?.[0];
    if (decimal !== undefined) return { token: this.#token("float", decimal.replaceAll("_", "")), text: decimal };
    const whole = this.#find(integer)?.[0];
    if (whole !== undefined) return { token: this.#token("integer", whole.replaceAll("_", "")), text: whole };
    const word = this.#find(name)?.[0];
    if (word !== undefined) {
      if (!identifier.test(word)) this.#fail("Invalid character in identifier");
      return { token: this.#token("name", word), text: word };
    }
    const quoted = this.#find(string)?.[0];
    return quoted === undefined ? undefined : { token: this.#token("string", unescapeString(quoted.slice(1, -1))), text: quoted };
  }

  #operator(open: string[]): { token: Token; text: string } {
    const found = operators.find((each) => this.#source.startsWith(each, this.#at));
    if (found === undefined) {
      const character = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
      this.#fail(`unexpected char ${textRepr(character)} at ${textLength(this.#source.slice(0, this.#at))}`);
    }
    const closing = pairs.get(found);
    if (closing !== undefined) open.push(closing);
    if (found === "}" || found === ")" || found === "]") {
      const expected = open.pop();
      if (expected === undefined) this.#fail(`unexpected '${found}'`);
      if (expected !== found) this.#fail(`unexpected '${found}', expected '${expected}'`);
    }
    return { token: this.#token(found, found), text: found };
  }
}

/** Yields the tokens of a template, lazily: a fault is thrown only when the parser reaches it. Throws SyntaxFault. */
export const tokenize = (template: string): Generator<Token> => new Lexer(template).tokens();

const descriptions = new Map([
  ["variable_begin", "begin of print statement"],
  ["variable_end", "end of print statement"],
  ["block_begin", "begin of statement block"],
  ["block_end", "end of statement block"],
  ["data", "template data / text"],
  ["eof", "end of template"],
]);

/** Returns a token type in words. */
export const describeType = (type: string): string => descriptions.get(type) ?? type;

/** Returns a token in words. */
export const describeToken = (token: Token): string => (token.type === "name" ? token.value : describeType(token.type));

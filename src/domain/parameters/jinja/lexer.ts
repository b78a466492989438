import { textLength, textRepr } from "../python-text.ts";

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

/** Yields the tokens of a template, lazily: a fault shows only when the parser gets there. Throws SyntaxFault. */
export function* tokenize(template: string): Generator<Token> {
  const source = template.replace(/\r\n|\r/g, "\n").replace(/\n$/, "");
  let at = 0;
  let line = 1;
  const token = (type: string, value: string): Token => ({ type, value, line });
  const advance = (text: string): void => {
    at += text.length;
    line += text.split("\n").length - 1;
  };
  const matchAt = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const find = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };

  function* inside(kind: "variable" | "block"): Generator<Token> {
    const open: string[] = [];
    for (;;) {
      const end = open.length === 0 ? matchAt(ends[kind]) : undefined;
      if (end !== undefined) {
        yield token(`${kind}_end`, end);
        advance(end);
        return;
      }
      const blank = matchAt(whitespace);
      if (blank !== undefined) {
        advance(blank);
        continue;
      }
      if (at >= source.length) return;
      const made = atom() ?? operator(open);
      yield made.token;
      advance(made.text);
    }
  }

  function atom(): { token: Token; text: string } | undefined {
    const decimal = matchAt(float);
    if (decimal !== undefined) return { token: token("float", decimal.replaceAll("_", "")), text: decimal };
    const whole = matchAt(integer);
    if (whole !== undefined) return { token: token("integer", whole.replaceAll("_", "")), text: whole };
    const word = matchAt(name);
    if (word !== undefined) {
      if (!identifier.test(word)) throw new SyntaxFault("Invalid character in identifier", line);
      return { token: token("name", word), text: word };
    }
    const quoted = matchAt(string);
    return quoted === undefined ? undefined : { token: token("string", unescapeString(quoted.slice(1, -1))), text: quoted };
  }

  function operator(open: string[]): { token: Token; text: string } {
    const found = operators.find((each) => source.startsWith(each, at));
    if (found === undefined) {
      const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
      throw new SyntaxFault(`unexpected char ${textRepr(character)} at ${textLength(source.slice(0, at))}`, line);
    }
    const closing = pairs.get(found);
    if (closing !== undefined) open.push(closing);
    if (found === "}" || found === ")" || found === "]") {
      const expected = open.pop();
      if (expected === undefined) throw new SyntaxFault(`unexpected '${found}'`, line);
      if (expected !== found) throw new SyntaxFault(`unexpected '${found}', expected '${expected}'`, line);
    }
    return { token: token(found, found), text: found };
  }

  /** Yields the text before a tag, without the blanks that a minus takes away. */
  function* data(text: string, sign: string | undefined): Generator<Token> {
    const kept = sign === "-" ? text.trimEnd() : text;
    if (kept !== "") yield token("data", kept);
    advance(text);
  }

  while (at < source.length) {
    const tag = find(opening);
    if (tag === null) {
      yield* data(source.slice(at), undefined);
      return;
    }
    const [whole, rawSign, kind, sign] = tag;
    yield* data(source.slice(at, tag.index), rawSign ?? sign);
    advance(whole);
    if (kind === undefined) {
      const end = find(rawEnd);
      if (end === null) throw new SyntaxFault("Missing end of raw directive", line);
      yield* data(source.slice(at, end.index), end[1]);
      advance(end[0]);
    } else if (kind === "#") {
      const end = find(commentEnd);
      if (end === null) throw new SyntaxFault("Missing end of comment tag", line);
      advance(source.slice(at, end.index + end[0].length));
    } else {
      const state = kind === "{" ? "variable" : "block";
      yield token(`${state}_begin`, whole);
      yield* inside(state);
    }
  }
}

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

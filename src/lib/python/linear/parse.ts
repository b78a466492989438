import { type CharacterSet, characterSet, exactly } from "./character-set.ts";

/** A condition on a place between two characters; `last_line_end` is Python's `$`: the end, or before a line end that is the last character. */
export type Assertion = "text_start" | "line_start" | "text_end" | "last_line_end" | "line_end" | "boundary" | "no_boundary";

/** A part of a pattern. */
export type Part =
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly parts: readonly Part[] }
  | { readonly kind: "choice"; readonly branches: readonly Part[] }
  | { readonly kind: "repeat"; readonly body: Part; readonly least: number; readonly most: number };

/** The letters of flags that are set: i, m, s. */
export type Flags = string;

interface Reader {
  readonly source: string;
  at: number;
  flags: Flags;
  depth: number;
}

/** Thrown for a part that needs backtracking, or more memory than a pattern may take. */
export class NotLinear extends Error {}

// Parsing and compiling are recursive; the platform's stack is small.
const DEEPEST = 300;

const groupOpening = /\(\?(?::|<([^=!>][^>]*)>|([ims]*)(?:-([ims]*))?:)/y;
const quantifier = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y;
const characterClass = /\[(?:[^\\\]]|\\.)*\]/suy;
const hex = "[0-9a-fA-F]";
const escaping = new RegExp(
  `\\\\(?:[pP]\\{[^}]*\\}|u\\{${hex}+\\}|u[dD][89abAB]${hex}{2}\\\\u[dD][c-fC-F]${hex}{2}|u${hex}{4}|x${hex}{2}|c[a-zA-Z]|[^1-9cpPuxk])`,
  "suy",
);

const assertions = new Map<string, Assertion>([
  ["\\A", "text_start"],
  ["\\Z", "text_end"],
  ["\\b", "boundary"],
  ["\\B", "no_boundary"],
]);

/**
 * Returns the parts of a pattern that is a valid regular expression with the flag u, but for `\A`, `\Z`, `.`, `^` and `$`, which mean what
 * they do in Python. Throws NotLinear for lookaround and back references.
 */
export function parsePattern(source: string, flags: Flags): Part {
  const reader: Reader = { source, at: 0, flags, depth: 0 };
  const part = parseChoice(reader);
  if (reader.at < source.length) throw new NotLinear();
  return part;
}

function parseChoice(reader: Reader): Part {
  const branches = [parseSequence(reader)];
  while (reader.source[reader.at] === "|") {
    reader.at += 1;
    branches.push(parseSequence(reader));
  }
  return branches.length === 1 && branches[0] !== undefined ? branches[0] : { kind: "choice", branches };
}

function parseSequence(reader: Reader): Part {
  const parts: Part[] = [];
  for (;;) {
    const character = reader.source[reader.at];
    if (character === undefined || character === "|" || character === ")") return { kind: "sequence", parts };
    const part = character === "(" ? parseGroup(reader) : parseAtom(reader);
    const counts = take(reader, quantifier);
    parts.push(counts === null ? part : repeated(part, counts));
  }
}

function repeated(body: Part, [, sign, least, comma, most]: RegExpExecArray): Part {
  if (sign !== undefined) return { kind: "repeat", body, least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Infinity };
  const counted = comma === undefined ? least : most || Infinity;
  return { kind: "repeat", body, least: Number(least), most: Number(counted) };
}

function parseGroup(reader: Reader): Part {
  const outer = reader.flags;
  reader.depth += 1;
  if (reader.depth > DEEPEST) throw new NotLinear();
  if (reader.source[reader.at + 1] === "?") {
    const opening = take(reader, groupOpening);
    if (opening === null) throw new NotLinear();
    const [, , on = "", off = ""] = opening;
    reader.flags = [...new Set(outer + on)].filter((flag) => !off.includes(flag)).join("");
  } else reader.at += 1;
  const part = parseChoice(reader);
  reader.at += 1;
  reader.depth -= 1;
  reader.flags = outer;
  return part;
}

function parseAtom(reader: Reader): Part {
  const { source, at, flags } = reader;
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === "[") return setOf(taken(reader, characterClass), flags);
  if (character === "\\") {
    const escaped = taken(reader, escaping);
    const assertion = assertions.get(escaped);
    return assertion === undefined ? setOf(escaped, flags) : { kind: "assertion", assertion };
  }
  reader.at += character.length;
  if (character === "^") return { kind: "assertion", assertion: flags.includes("m") ? "line_start" : "text_start" };
  if (character === "$") return { kind: "assertion", assertion: flags.includes("m") ? "line_end" : "last_line_end" };
  if (character === ".") return setOf(flags.includes("s") ? "[^]" : "[^\\n]", flags);
  return setOf(character, flags);
}

const plain = /^(?:[^\\[]|\\[^a-zA-Z0-9])$/su;

function setOf(source: string, flags: Flags): Part {
  const ignoreCase = flags.includes("i");
  if (!ignoreCase && plain.test(source))
    return { kind: "set", set: exactly(source.codePointAt(source.length > 1 && source[0] === "\\" ? 1 : 0) ?? 0) };
  return { kind: "set", set: characterSet(source, ignoreCase) };
}

function take(reader: Reader, expression: RegExp): RegExpExecArray | null {
  expression.lastIndex = reader.at;
  const found = expression.exec(reader.source);
  if (found !== null) reader.at += found[0].length;
  return found;
}

function taken(reader: Reader, expression: RegExp): string {
  const found = take(reader, expression);
  if (found === null) throw new NotLinear();
  return found[0];
}

import { RE2JS } from "re2js";
import { chargeWork, schemaBounds } from "../work.ts";
import { openPartsOf, testBounded } from "./backtracking.ts";

// Patterns of schemas are written for Python's `re`. The engine's own dialect (flag u) decides what is a pattern at all; RE2 matches,
// in linear time. What RE2 has no words for (lookaround, back references, long repetitions) is left to the engine, which backtracks,
// within bounds: a repetition inside of a repeated group makes such a pattern invalid, a text too long for it ends the validation.

/** A regular expression that matches in bounded time. */
export interface Pattern {
  /** Returns whether the pattern matches anywhere in a text. Throws TooMuchWork. */
  readonly test: (text: string) => boolean;
}

const cache = new Map<string, Pattern | null>();
const CACHE_SIZE = 200;
// Compiling a pattern takes about 100 µs, and 1 µs per character.
const unitsOfCompilation = 10_000;
const unitsOfCharacter = 100;

const groupStart = /^\(\?P(<\w+>)|^\(\?P=(\w+)\)|^\(\?#[^)]*\)/;
const leadingFlags = /^\(\?([aimsux]+)\)/;
const quantifier = /^\{(\d*)(,?)(\d*)\}/;
const WORD = "\\p{L}\\p{N}_";
const BLANK = "\\s\\x0b\\x1c-\\x1f\\x85\\p{Z}";
const outside = new Map([
  ["A", "(?<![\\s\\S])"],
  ["Z", "(?![\\s\\S])"],
  ["w", `[${WORD}]`],
  ["W", `[^${WORD}]`],
  ["d", "\\p{Nd}"],
  ["D", "\\P{Nd}"],
  ["a", "\\x07"],
]);
const inside = new Map([
  ["w", WORD],
  ["d", "\\p{Nd}"],
  ["D", "\\P{Nd}"],
  ["a", "\\x07"],
]);

// The same in RE2's syntax, where it differs.
const outsideInRe2 = new Map([...outside, ["A", "\\A"], ["Z", "\\z"], ["s", `[${BLANK}]`], ["S", `[^${BLANK}]`]]);
const insideInRe2 = new Map([...inside, ["s", BLANK]]);

/** Returns the regular expression for a Python pattern, or null for an invalid one. */
export function pythonRegex(pattern: string): Pattern | null {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const made = pattern.length > schemaBounds.pattern ? null : compile(pattern);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(pattern, made);
  return made;
}

function compile(pattern: string): Pattern | null {
  chargeWork(unitsOfCompilation + pattern.length * unitsOfCharacter);
  const flags = leadingFlags.exec(pattern);
  const rest = flags === null ? pattern : pattern.slice(flags[0].length);
  const wanted = [...new Set([...(flags?.[1] ?? "")].filter((flag) => "ims".includes(flag)))].join("");
  const source = translate(rest, { multiline: wanted.includes("m"), end: "(?=\\n?(?![\\s\\S]))", re2: false });
  const engine = expressionOf(source, wanted);
  if (engine === null) return null;
  const linear = (end: string) => linearOf(rest, wanted, end);
  const plain = linear("\\z");
  if (plain !== null) return linearPattern(plain, () => linear("(?:\\n?\\z)") ?? plain);
  const openParts = openPartsOf(source);
  return Number.isFinite(openParts) ? { test: (text) => testBounded(engine, openParts, text) } : null;
}

function expressionOf(source: string, flags: string): RegExp | null {
  try {
    return new RegExp(source, `u${flags}`);
  } catch {
    return null;
  }
}

/** Returns RE2's program for a pattern, null where RE2 does not support it; `end` replaces the end of a text. */
function linearOf(pattern: string, flags: string, end: string): RE2JS | null {
  try {
    const source = translate(pattern, { multiline: flags.includes("m"), end, re2: true });
    return RE2JS.compile(flags === "" ? source : `(?${flags})${source}`);
  } catch {
    return null;
  }
}

// Python's `$` also matches before a final line end, which RE2 cannot express: such texts use a program of their own.
function linearPattern(plain: RE2JS, makeBeforeLineEnd: () => RE2JS): Pattern {
  let beforeLineEnd: RE2JS | undefined;
  return {
    test: (text) => {
      if (text.endsWith("\n")) beforeLineEnd ??= makeBeforeLineEnd();
      const program = text.endsWith("\n") ? (beforeLineEnd ?? plain) : plain;
      chargeWork(1 + text.length * (1 + program.programSize()));
      return program.test(text);
    },
  };
}

interface Dialect {
  readonly multiline: boolean;
  readonly end: string;
  readonly re2: boolean;
}

/** Translates the part at the start of `rest` to the engine's dialect; returns it and its length. */
function translatePart(rest: string, inClass: boolean, dialect: Dialect): [string, number] {
  const character = rest[0] ?? "";
  if (character === "\\") return translateEscape(rest, inClass, dialect.re2);
  if (inClass) return [character, 1];
  if (character === "(") {
    // JavaScript's named groups are invalid in Python; a star after the parenthesis is an error in both.
    if (/^\(\?<(?![=!])/.test(rest)) return ["(*", 1];
    const group = groupStart.exec(rest);
    if (group === null) return ["(", 1];
    if (group[1] !== undefined) return [`(?${dialect.re2 ? "P" : ""}${group[1]}`, group[0].length];
    return [group[2] === undefined ? "" : `\\k<${group[2]}>`, group[0].length];
  }
  if (character === "$" && !dialect.multiline) {
    // RE2's form consumes the line end, so nothing may follow it.
    if (dialect.re2 && !/^\$(?:[)|]|$)/.test(rest)) throw new SyntaxError("an end that is not the last");
    return [dialect.end, 1];
  }
  if (character === ".") return [".", 1];
  if (character === "{") {
    const counts = quantifier.exec(rest);
    if (counts === null || (counts[1] === "" && counts[3] === "")) return ["\\{", 1];
    return [`{${counts[1] || "0"}${counts[2]}${counts[3]}}`, counts[0].length];
  }
  if (character === "}" || character === "]") return [`\\${character}`, 1];
  return [character, 1];
}

function translateEscape(rest: string, inClass: boolean, re2: boolean): [string, number] {
  const escaped = String.fromCodePoint(rest.codePointAt(1) ?? 92);
  const wide = /^\\U([0-9a-fA-F]{8})/.exec(rest);
  if (wide !== null) return [re2 ? `\\x{${wide[1]}}` : `\\u{${wide[1]}}`, 10];
  const short = re2 ? /^\\u([0-9a-fA-F]{4})/.exec(rest) : null;
  if (short !== null) return [`\\x{${short[1]}}`, 6];
  const special = (re2 ? (inClass ? insideInRe2 : outsideInRe2) : inClass ? inside : outside).get(escaped);
  if (special !== undefined) return [special, 2];
  if (/[a-zA-Z0-9]/.test(escaped) || /[\^$\\.*+?()[\]{}|/]/.test(escaped) || (inClass && escaped === "-"))
    return [`\\${escaped}`, 2];
  return [escaped, 1 + escaped.length];
}

function translate(pattern: string, dialect: Dialect): string {
  let out = "";
  let inClass = false;
  let index = 0;
  while (index < pattern.length) {
    const rest = pattern.slice(index);
    if (!inClass && rest[0] === "[") {
      // A bracket directly after the opening one is a member of the class, not its end.
      const opening = /^\[\^?\]?/.exec(rest)?.[0] ?? "[";
      out += opening.replace("]", "\\]");
      inClass = true;
      index += opening.length;
    } else if (inClass && rest[0] === "]") {
      out += "]";
      inClass = false;
      index += 1;
    } else {
      const [part, length] = translatePart(rest, inClass, dialect);
      out += part;
      index += length;
    }
  }
  return out;
}

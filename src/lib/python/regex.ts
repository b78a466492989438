import { chargeWork, schemaBounds } from "../work.ts";
import { openPartsOf, testBounded } from "./backtracking.ts";
import { compileProgram, matcherOf, NotLinear, type Program } from "./linear/index.ts";

// Patterns of schemas are written for Python's `re`. The engine's own dialect (flag u) decides what is a pattern at all; an automaton
// matches, in linear time. What has none (lookaround, back references, very long repetitions) is left to the engine, which backtracks,
// within bounds: a repetition inside of a repeated group makes such a pattern invalid, a text too long for it ends the validation.

/** A regular expression that matches in bounded time. */
export interface Pattern {
  /** Returns whether the pattern matches anywhere in a text. Throws TooMuchWork. */
  readonly test: (text: string) => boolean;
}

const cache = new Map<string, Pattern | null>();
const CACHE_SIZE = 200;
// Of all patterns in the cache: about 50 bytes each.
const CACHED_INSTRUCTIONS = 200_000;
let cachedInstructions = 0;
// Compiling a pattern takes about 100 µs, 1 µs per character and 0.2 µs per instruction.
const unitsOfCompilation = 10_000;
const unitsOfCharacter = 100;
const unitsOfInstruction = 20;

const groupStart = /^\(\?P(<\w+>)|^\(\?P=(\w+)\)|^\(\?#[^)]*\)/;
const leadingFlags = /^\(\?([aimsux]+)\)/;
const quantifier = /^\{(\d*)(,?)(\d*)\}/;
const WORD = "\\p{L}\\p{N}_";
const BLANK = "\\t-\\r\\x1c-\\x20\\x85\\p{Z}";
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

// The same for the automaton, which has assertions of its own, and Python's blanks.
const outsideInLinear = new Map([...outside, ["A", "\\A"], ["Z", "\\Z"], ["s", `[${BLANK}]`], ["S", `[^${BLANK}]`]]);
const insideInLinear = new Map([...inside, ["s", BLANK]]);

/** Returns the regular expression for a Python pattern, or null for an invalid one. */
export function pythonRegex(pattern: string): Pattern | null {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  if (cache.size >= CACHE_SIZE || cachedInstructions >= CACHED_INSTRUCTIONS) {
    cache.clear();
    cachedInstructions = 0;
  }
  const made = pattern.length > schemaBounds.pattern ? null : compile(pattern);
  cache.set(pattern, made);
  return made;
}

function compile(pattern: string): Pattern | null {
  chargeWork(unitsOfCompilation + pattern.length * unitsOfCharacter);
  const leading = leadingFlags.exec(pattern);
  const rest = leading === null ? pattern : pattern.slice(leading[0].length);
  const flags = [...new Set([...(leading?.[1] ?? "")].filter((flag) => "ims".includes(flag)))].join("");
  const source = translate(rest, { multiline: flags.includes("m"), linear: false });
  const engine = expressionOf(source, flags);
  if (engine === null) return null;
  const program = programOf(translate(rest, { multiline: flags.includes("m"), linear: true }), flags);
  if (program !== null) return linearPattern(program);
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

/** Returns the automaton's program for a pattern, null where it has none. */
function programOf(source: string, flags: string): Program | null {
  try {
    return compileProgram(source, flags);
  } catch (error) {
    if (error instanceof NotLinear) return null;
    throw error;
  }
}

function linearPattern(program: Program): Pattern {
  const size = program.instructions.length;
  chargeWork(size * unitsOfInstruction);
  cachedInstructions += size;
  const matches = matcherOf(program);
  return {
    test: (text) => {
      chargeWork(1 + text.length * (1 + size));
      return matches(text);
    },
  };
}

interface Dialect {
  readonly multiline: boolean;
  /** For the automaton, not for the engine. */
  readonly linear: boolean;
}

/** Translates the part at the start of `rest` to the engine's dialect; returns it and its length. */
function translatePart(rest: string, inClass: boolean, dialect: Dialect): [string, number] {
  const character = rest[0] ?? "";
  if (character === "\\") return translateEscape(rest, inClass, dialect.linear);
  if (inClass) return [character, 1];
  if (character === "(") {
    // JavaScript's named groups are invalid in Python; a star after the parenthesis is an error in both.
    if (/^\(\?<(?![=!])/.test(rest)) return ["(*", 1];
    const group = groupStart.exec(rest);
    if (group === null) return ["(", 1];
    if (group[1] !== undefined) return [`(?${group[1]}`, group[0].length];
    return [group[2] === undefined ? "" : `\\k<${group[2]}>`, group[0].length];
  }
  if (character === "$" && !dialect.multiline && !dialect.linear) return ["(?=\\n?(?![\\s\\S]))", 1];
  if (character === ".") return [".", 1];
  if (character === "{") {
    const counts = quantifier.exec(rest);
    if (counts === null || (counts[1] === "" && counts[3] === "")) return ["\\{", 1];
    return [`{${counts[1] || "0"}${counts[2]}${counts[3]}}`, counts[0].length];
  }
  if (character === "}" || character === "]") return [`\\${character}`, 1];
  return [character, 1];
}

function translateEscape(rest: string, inClass: boolean, linear: boolean): [string, number] {
  const escaped = String.fromCodePoint(rest.codePointAt(1) ?? 92);
  const wide = /^\\U([0-9a-fA-F]{8})/.exec(rest);
  if (wide !== null) return [`\\u{${wide[1]}}`, 10];
  const special = (linear ? (inClass ? insideInLinear : outsideInLinear) : inClass ? inside : outside).get(escaped);
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

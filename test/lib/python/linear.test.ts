import { describe, expect, it } from "vitest";
import { compileProgram, matcherOf, NotLinear } from "../../../src/lib/python/linear/index.ts";
import { pythonRegex } from "../../../src/lib/python/regex.ts";
import { boundedWork, TooMuchWork } from "../../../src/lib/work.ts";
import { type Random, randomOf } from "../../support/random.ts";

const matches = (pattern: string, text: string, flags = ""): boolean => matcherOf(compileProgram(pattern, flags))(text);

// What the automaton reads, and the same for the engine, where it is written differently.
const atoms: readonly (string | readonly [string, string])[] = [
  ..."abB_1- é🚀".split(/(?:)/u),
  ...[
    "\\p{L}",
    "\\P{L}",
    "\\p{Nd}",
    "[ab]",
    "[^a]",
    "[a-c_]",
    "[\\p{L}\\p{N}_.-]",
    "[^\\n]",
    "[\\]a]",
    "\\x41",
    "\\u00e9",
    "\\u{1F680}",
    "\\n",
    "\\.",
  ],
  "\\uD83D\\uDE80",
  [".", "[^\\n]"],
];
const places: readonly (readonly [string, string])[] = [
  ["\\b", "\\b"],
  ["\\B", "\\B"],
  // Not `(?![^])` for the end: V8 finds it between the halves of a surrogate pair.
  ["^", "^"],
  ["$", "(?=\\n?$)"],
  ["\\A", "^"],
  ["\\Z", "$"],
  ["(?m:^)", "(?:^|(?<=\\n))"],
  ["(?m:$)", "(?=\\n|$)"],
];
const quantifiers = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "{0}", "*?", "+?"];
const alphabet = [
  "a",
  "b",
  "B",
  "A",
  "c",
  "1",
  "_",
  " ",
  "-",
  ".",
  "]",
  "\n",
  "\n",
  "é",
  "É",
  "🚀",
  "٣",
  "\ud83d",
  "\r",
  "\u2028",
];

const both = (part: string | readonly [string, string]) => (typeof part === "string" ? ([part, part] as const) : part);

/** Returns a random pattern, for the automaton and for the engine. */
function patternOf(random: Random, depth: number): readonly [string, string] {
  const parts = Array.from({ length: 1 + random.below(3) }, (): readonly [string, string] => {
    if (random.chance(0.15)) return random.one(places);
    const quantifier = random.one(quantifiers);
    if (depth === 0 || random.chance(0.65)) {
      const [own, engine] = both(random.one(atoms));
      return [own + quantifier, engine + quantifier];
    }
    const open = random.one(["(", "(?:", "(?i:", "(?-i:"]);
    const inner = patternOf(random, depth - 1);
    const other = random.chance(0.4) ? patternOf(random, depth - 1) : null;
    const group = (side: 0 | 1) => `${open}${inner[side]}${other === null ? "" : `|${other[side]}`})${quantifier}`;
    return [group(0), group(1)];
  });
  return [parts.map(([own]) => own).join(""), parts.map(([, engine]) => engine).join("")];
}

describe("an automaton", () => {
  it("agrees with the engine about random patterns and texts", () => {
    const random = randomOf(20);
    const verdicts = { true: 0, false: 0 };
    for (let count = 0; count < 3000; count += 1) {
      const [own, engine] = patternOf(random, 2);
      const flags = random.one(["", "i"]);
      const test = matcherOf(compileProgram(own, flags));
      const expression = new RegExp(engine, `u${flags}`);
      for (const text of Array.from({ length: 8 }, () => random.some(alphabet, 7).join(""))) {
        const verdict = expression.test(text);
        verdicts[`${verdict}`] += 1;
        expect([own, flags, text, test(text)]).toEqual([own, flags, text, verdict]);
      }
    }
    expect(Math.min(verdicts.true, verdicts.false)).toBeGreaterThan(3000);
  });

  it("agrees with the engine when a text needs more states than are remembered", () => {
    const random = randomOf(21);
    const test = matcherOf(compileProgram("(a|b)*a(a|b){80}[xy]", ""));
    for (let count = 0; count < 20; count += 1) {
      const text = Array.from({ length: 1500 }, () => random.one(["a", "b"])).join("");
      expect(test(`${text}x`)).toBe(text.at(-81) === "a");
      expect(test(`${text}z`)).toBe(false);
    }
  });

  it.each([
    ["(?:)*a", "ba", "", true],
    ["(a*)*b", "aac", "", false],
    ["(){5000}a", "a", "", true],
    ["(?:(?:(?:){5000}){5000}){5000}a", "a", "", true],
    ["k", "\u212a", "i", true],
    ["[^k]", "\u212a", "i", false],
    ["ß", "ẞ", "i", true],
    ["(?i:k)k", "Kk", "", true],
    ["(?i:k)k", "kK", "", false],
    ["(?-i:k)k", "kK", "i", true],
    ["a.c", "a\nc", "s", true],
    ["(?-s:.)", "\n", "s", false],
    ["[^]", "\ud83d", "", true],
    ["\\ud83d", "🚀", "", false],
    ["^$", "", "", true],
    ["^$", "\n", "", true],
    ["^$", "\n\n", "", false],
    ["^b$", "a\nb\nc", "m", true],
    ["b\\Z", "b\n", "m", false],
    ["a$\\nb", "a\nb", "m", true],
    ["(?<name>a)", "a", "", true],
  ])("matches %j in %j with the flags %j: %s", (pattern, text, flags, verdict) => {
    expect(matches(pattern, text, flags)).toBe(verdict);
  });

  it.each([
    "(?=a)",
    "(?!a)",
    "(?<=a)",
    "(?<!a)",
    "(a)\\1",
    "(?<n>a)\\k<n>",
    "a{60000}",
    "((a{50}){50}){50}",
    `${"(".repeat(400)}a${")".repeat(400)}`,
  ])("does not exist for what needs backtracking or much memory: %.40s", (pattern) => {
    expect(new RegExp(pattern, "u")).toBeInstanceOf(RegExp);
    expect(() => compileProgram(pattern, "")).toThrow(NotLinear);
  });
});

describe("a pattern of Python's", () => {
  it.each([
    ["^\\s$", "\ufeff", false],
    ["^[\\s]$", "\x1f", true],
    ["^\\S$", "\x85", false],
    ["^\\d$", "٣", true],
    ["^\\D$", "٣", false],
    ["^\\W$", "é", false],
    ["^[^\\w]$", "_", false],
    ["^a{,2}$", "aa", true],
    ["^a{,2}$", "aaa", false],
    ["^a{$", "a{", true],
    ["^[]a]$", "]", true],
    ["(?P<n>a)(?#comment)b", "ab", true],
    ["^(?i:A)b$", "ab", true],
    ["x$|y", "x\n", true],
    ["(a$)b*", "a\n", true],
    ["^([a-z]{1,63}\\.){1,20}$", "a.b.c.", true],
  ])("%j matches %j: %s", (pattern, text, verdict) => {
    expect(pythonRegex(pattern)?.test(text)).toBe(verdict);
  });

  it("costs work for the instructions that its counted repetitions become", () => {
    const many = (prefix: string) => () => {
      for (let count = 0; count < 100; count += 1) pythonRegex(`${prefix}${count}`);
    };
    expect(() => boundedWork(many("a"))).not.toThrow();
    expect(() => boundedWork(many("a{40000}"))).toThrow(TooMuchWork);
  });
});

import { describe, expect, it } from "vitest";
import { checkForm } from "../../../src/domain/parameters/form-errors.ts";
import { validateJobVariables } from "../../../src/domain/parameters/job-templates.ts";
import { withinOneBudget } from "../../../src/domain/parameters/within-one-budget.ts";
import { validateAgainstSchema } from "../../../src/lib/json-schema/validate.ts";
import { openPartsOf } from "../../../src/lib/python/backtracking.ts";

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const named = (count: number, make: (index: number) => [string, unknown]) => Object.fromEntries(many(count, make));
const letters = (count: number) => "a".repeat(count);
const x = (schema: object) => ({ properties: { x: schema } });

const tooMuch = "Invalid schema: Unable to validate schema with circular references.";
const doubled = (depth: number): object =>
  depth === 0 ? { type: "string" } : { anyOf: [doubled(depth - 1), doubled(depth - 1)] };

describe("a validation that takes too long is refused as one that leads in circles", () => {
  const cases: [string, object, object][] = [
    ["thousands of patterns", { patternProperties: named(5000, (i) => [`^a+${i}$`, {}]) }, named(5000, (i) => [`a${i}`, 1])],
    [
      "patterns beside which nothing may stand",
      { patternProperties: named(1000, (i) => [`^a+${i}$`, {}]), additionalProperties: false },
      named(1000, (i) => [`b${i}`, 1]),
    ],
    ["alternatives of alternatives", x(doubled(14)), { x: 1 }],
    ["a long text shown by each alternative", x({ anyOf: many(20_000, () => ({ type: "integer" })) }), { x: letters(1_000_000) }],
    [
      "a long text counted again and again",
      x({ allOf: many(10_000, () => ({ maxLength: 2_000_000 })) }),
      { x: letters(1_000_000) },
    ],
    [
      "references that lead to two others each",
      {
        $defs: named(500, (i) => [
          `d${i}`,
          { anyOf: [{ $ref: `#/$defs/d${(i + 1) % 500}` }, { $ref: `#/$defs/d${(i + 2) % 500}` }] },
        ]),
        $ref: "#/$defs/d0",
      },
      { a: 1 },
    ],
    ["a text too long for lookaheads", x({ pattern: "^(?=.*[A-Z])(?=.*\\d).{8,}$" }), { x: letters(100_000) }],
    [
      "long identifiers",
      { $id: `http://x/${letters(1_000_000)}`, allOf: many(2000, (i) => ({ $id: `b${i}`, $ref: "#" })) },
      { a: 1 },
    ],
  ];

  it.each(cases)("%s", (_, schema, value) => {
    expect(validateAgainstSchema({ value, schema })).toEqual({ ok: false, kind: "circular", message: tooMuch });
    expect(checkForm({ schema: { ...schema }, values: { ...value }, variables: new Map() })).toEqual({
      ok: false,
      message: tooMuch,
    });
    const template = { variables: schema };
    expect(validateJobVariables({ template, blocks: new Map(), layers: [value], ignoreRequired: false })).toMatchObject({
      ok: false,
    });
  });
});

describe("a validation in linear time", () => {
  it.each<[string, object, object, boolean]>([
    ["a pattern that makes others double their time", x({ pattern: "^(a+)+$" }), { x: `${letters(100_000)}!` }, false],
    [
      "a list against an enumeration",
      x({ items: { enum: many(20_000, (i) => i) } }),
      { x: many(20_000, (i) => 19_999 - i) },
      true,
    ],
    [
      "objects against an enumeration",
      x({ items: { enum: many(3000, (a) => ({ a })) } }),
      { x: many(3000, (a) => ({ a })) },
      true,
    ],
    ["a list without doubles", x({ uniqueItems: true }), { x: many(300_000, (i) => i) }, true],
  ])("%s", (_, schema, value, ok) => {
    expect(validateAgainstSchema({ value, schema }).ok).toBe(ok);
  });

  it("two thousand defaults of a template", () => {
    const template = { variables: { properties: named(2000, (i) => [`p${i}`, { type: "string", default: "x" }]) } };
    expect(validateJobVariables({ template, blocks: new Map(), layers: [{}], ignoreRequired: false })).toEqual({ ok: true });
  });
});

describe("a pattern that only backtracking can match", () => {
  const matches = (pattern: string, text: string) => validateAgainstSchema({ schema: x({ pattern }), value: { x: text } });

  it.each([
    ["^(?=.*[A-Z])(?=.*\\d).{8,}$", "aaaAAA111", true],
    ["^(?=.*[A-Z])(?=.*\\d).{8,}$", "aaaaaa111", false],
    ["^(?!admin$)[a-z]+$", "adminx", true],
    ["^(?!admin$)[a-z]+$", "admin", false],
    ["^(?P<q>['\"]).*(?P=q)$", "'a'", true],
    ["^[a-z]{1,2000}$", letters(1500), true],
  ])("%s is matched where its form bounds the time: %s", (pattern, text, ok) => {
    expect(matches(pattern, text).ok).toBe(ok);
  });

  it.each(["^(?=(a+)+$)", "^(?!x)(a|aa)+$", "(a*)*\\1"])(
    "%s is none where its time may double with each character",
    (pattern) => {
      expect(matches(pattern, "a")).toMatchObject({
        ok: false,
        kind: "schema",
        message: expect.stringContaining("is not a 'regex'"),
      });
    },
  );

  it.each([
    ["a", 0],
    ["a+b*", 2],
    ["[+*]\\+", 0],
    ["(ab)+c", 1],
    ["(a|b)+", Number.POSITIVE_INFINITY],
    ["((a+)b)*", Number.POSITIVE_INFINITY],
    ["(a)\\1", 1],
  ])("%s has its open parts counted", (pattern, parts) => {
    expect(openPartsOf(pattern)).toBe(parts);
  });
});

it.each([
  ["a$", "a\n", true],
  ["^a$\\n", "a\n", true],
  ["a\\Z", "a\n", false],
  ["^.$", "\u2028", true],
  ["^\\s$", "\u00a0", true],
  ["^\\S$", "\u00a0", false],
  ["^[\\s]$", "\u3000", true],
  ["^\\w\\u00e9\\U0001F680$", "ß\u00e9🚀", true],
  ["(?i)^ABC$", "abc", true],
  ["(?m)^b$", "a\nb\nc", true],
])("%s is matched as Python does: %j", (pattern, text, ok) => {
  expect(validateAgainstSchema({ schema: x({ pattern }), value: { x: text } }).ok).toBe(ok);
});

it("validations of one request share what they may cost", () => {
  const schema = x({ uniqueItems: true });
  const value = { x: many(100_000, (i) => i) };
  const verdicts = withinOneBudget(() => many(150, () => validateAgainstSchema({ schema, value }).ok));
  expect(verdicts[0]).toBe(true);
  expect(verdicts.at(-1)).toBe(false);
  expect(validateAgainstSchema({ schema, value }).ok).toBe(true);
});

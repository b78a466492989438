import { describe, expect, it } from "vitest";
import { endOfString, floatJson, isRawJson, readJsonText, TooManyExactNumbers } from "../../src/lib/exact-json.ts";

const exactText = (source: string): string => JSON.stringify(readJsonText(source).exact);

describe("a number in JSON text", () => {
  it.each([
    // Floats stay floats, written as Python writes them.
    ["2.0", "2.0"],
    ["2.000", "2.0"],
    ["-2.0", "-2.0"],
    ["0.0", "0.0"],
    ["-0.0", "-0.0"],
    ["1e3", "1000.0"],
    ["1E+3", "1000.0"],
    ["25e-1", "2.5"],
    ["20e-1", "2.0"],
    ["1e15", "1000000000000000.0"],
    ["1e16", "1e+16"],
    ["1.5e300", "1.5e+300"],
    ["9007199254740993.0", "9007199254740992.0"],
    ["123456789012345678.5", "1.2345678901234568e+17"],
    ["1.9999999999999999", "2.0"],
    ["999999999.00000001", "999999999.0"],
    // Integers keep their digits.
    ["9007199254740991", "9007199254740991"],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740993", "9007199254740993"],
    ["-9007199254740993", "-9007199254740993"],
    ["18446744073709551616", "18446744073709551616"],
    ["1000000000000000000000000", "1000000000000000000000000"],
    // What a double holds stays a double.
    ["2", "2"],
    ["-0", "0"],
    ["2.5", "2.5"],
    ["0.1", "0.1"],
    ["1e-7", "1e-7"],
    ["1764471770000000", "1764471770000000"],
    // JSON has no infinity: the reference stores null too.
    ["1E400", "null"],
    ["-1e999", "null"],
  ])("%s is read and written as %s, wherever it stands", (source, written) => {
    for (const around of [
      (number: string) => number,
      (number: string) => ` ${number} `,
      (number: string) => `[${number}]`,
      (number: string) => `[1,${number},"2.0"]`,
      (number: string) => `{"a":{"b":[${number},{"c":${number}}],"d":null},"e":true,"f":[[],{},false]}`,
      (number: string) => `{"__proto__":${number},"2.0":"\\"2.0,","\\u0061\\\\":${number}}`,
    ]) {
      const { plain, exact } = readJsonText(around(source));
      expect(plain).toEqual(JSON.parse(around(source)));
      expect(JSON.stringify(exact)).toBe(JSON.stringify(JSON.parse(around('"@"'))).replaceAll('"@"', written));
    }
  });

  it("is raw JSON only where a double would change it", () => {
    const { plain, exact } = readJsonText('[2.0, 2, 2.5, 9007199254740993, "2.0", [1e2]]');
    expect(plain).toEqual([2, 2, 2.5, 9007199254740992, "2.0", [100]]);
    const list = Array.isArray(exact) ? exact : [];
    expect(list.map(isRawJson)).toEqual([true, false, false, true, false, false]);
    expect(isRawJson(list[5][0])).toBe(true);
  });

  it("costs a text without such numbers no second form", () => {
    for (const text of [
      '{"a": [1, 2.5, "2.0", "9007199254740993", "1e3"], "at": "2026-01-01T00:00:00.0", "1.0": 5}',
      '"2.0"',
      "{}",
    ]) {
      const { plain, exact } = readJsonText(text);
      expect(exact).toBe(plain);
    }
  });
});

describe("JSON text", () => {
  it.each(["", "2.", ".0", "02.0", "[2.0", "{2.0:1}", '{"a":2.0,}', "2.0 2.0", "+2.0", '"2.0', "[2.0]]", "2.0e", "NaN"])(
    "that is none is refused: %j",
    (text) => {
      expect(() => readJsonText(text)).toThrow(SyntaxError);
    },
  );

  it("has the last of equal keys, in the place of the first", () => {
    expect(exactText('{"a":2.0,"b":1,"a":3.0}')).toBe('{"a":3.0,"b":1}');
    expect(exactText('{"b":2.0,"1":3.0,"0":1}')).toBe('{"0":1,"1":3.0,"b":2.0}');
  });

  it("gives an own member for `__proto__`", () => {
    const { exact } = readJsonText('{"__proto__": {"a": 2.0}}');
    expect(Object.keys(Object(exact))).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(exact)).toBe(Object.prototype);
  });

  it("may be as deep as it likes", () => {
    const depth = 5_000;
    let { exact } = readJsonText(`${"[".repeat(depth)}2.0${"]".repeat(depth)}`);
    for (let i = 0; i < depth; i++) exact = Array.isArray(exact) ? exact[0] : undefined;
    expect(JSON.stringify(exact)).toBe("2.0");
  });

  it("is read alike with and without such numbers, whatever it holds", () => {
    const scalars = [
      "1",
      "2.5",
      "-7",
      '"a"',
      '"\\"\\\\"',
      '"\\u00e9,[{"',
      "true",
      "false",
      "null",
      "[]",
      "{}",
      '"9007199254740993"',
    ];
    let seed = 5;
    const pick = (count: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % count;
    };
    const value = (depth: number): string => {
      const kind = depth > 4 ? 0 : pick(4);
      if (kind < 2) return scalars[pick(scalars.length)] ?? "";
      const items = Array.from({ length: pick(5) }, () => value(depth + 1));
      if (kind === 2) return `[${items.join(" , ")}]`;
      return `{ ${items.map((item, i) => `"\\"k${i}\\\\" :${item}`).join("\n,")}}`;
    };
    for (let round = 0; round < 300; round++) {
      const text = value(0);
      expect(exactText(`[2.0,${text}]`)).toBe(`[2.0,${JSON.stringify(JSON.parse(text))}]`);
    }
  });
});

describe("a float written as JSON", () => {
  it.each([
    [2, "2.0"],
    [-0, "-0.0"],
    [2.5, "2.5"],
    [1e16, "1e+16"],
    [1e22, "1e+22"],
    [Number.POSITIVE_INFINITY, "null"],
  ])("%s is %s", (value, text) => {
    expect(JSON.stringify(floatJson(value))).toBe(text);
  });
});

it("finds the end of a string behind its escapes", () => {
  expect([endOfString('"a"', 0), endOfString('"\\\\"', 0), endOfString('"\\""', 0), endOfString('"', 0)]).toEqual([2, 3, 3, 1]);
});

describe("many numbers that only raw JSON represents", () => {
  it("are refused above what the caller allows, equal ones counted once", () => {
    const distinct = `[${Array.from({ length: 20 }, (_, i) => `${i}.0`).join()}]`;
    expect(JSON.stringify(readJsonText(distinct, 20).exact)).toBe(distinct);
    expect(() => readJsonText(distinct, 19)).toThrow(TooManyExactNumbers);
    const equal = `[${Array.from({ length: 20 }, () => "2.0").join()}]`;
    expect(JSON.stringify(readJsonText(equal, 1).exact)).toBe(equal);
  });
});

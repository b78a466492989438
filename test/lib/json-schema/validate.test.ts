import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/lib/json.ts";
import { checkSchema, listFaults, validateAgainstSchema } from "../../../src/lib/json-schema/validate.ts";

// The texts in the fixtures are what the reference server answers (python-jsonschema 4.26).
type Case = { schema: unknown; value: unknown; options?: Record<string, boolean>; message: string | null };
type FaultCase = { schema: unknown; value: unknown; faults: [(string | number)[], string][] };
const fixture = (name: string): string => readFileSync(join(import.meta.dirname, `fixtures/${name}.json`), "utf8");
const cases: Case[] = JSON.parse(fixture("validation"));
const faultCases: FaultCase[] = JSON.parse(fixture("faults"));
// Schema and value as JSON text, since they hold floats without a fraction and integers beyond 2^53.
const floatCases: { schema: string; value: string; message: string | null }[] = JSON.parse(fixture("floats"));

describe("validateAgainstSchema", () => {
  it.each(cases.map((each, index) => ({ index, ...each })))("says what the reference says ($index): $message", (each) => {
    const verdict = validateAgainstSchema({
      value: each.value,
      schema: each.schema,
      ignoreRequired: each.options?.ignore_required,
      allowNoneWithDefault: each.options?.allow_none_with_default,
    });
    expect(verdict.ok ? null : verdict.message).toBe(each.message);
  });

  it.each(floatCases)("tells floats from integers as the reference does: $schema of $value", ({ schema, value, message }) => {
    const verdict = validateAgainstSchema({ value: parseJson(value), schema: parseJson(schema) });
    expect(verdict.ok ? null : verdict.message).toBe(message);
  });

  it("keeps integers beyond 2^53 exact", () => {
    const value = parseJson('{"n": 9007199254740993}');
    const schema = (limits: string) => parseJson(`{"properties": {"n": {"type": "integer", ${limits}}}, "required": ["n"]}`);
    expect(validateAgainstSchema({ value, schema: schema('"maximum": 9007199254740993') })).toEqual({ ok: true });
    expect(validateAgainstSchema({ value, schema: schema('"maximum": 9007199254740992') })).toEqual({
      ok: false,
      kind: "value",
      message:
        "Validation failed for field 'n'. Failure reason: 9007199254740993 is greater than the maximum of 9007199254740992",
    });
    expect(validateAgainstSchema({ value, schema: schema('"multipleOf": 2') })).toMatchObject({ ok: false });
    expect(validateAgainstSchema({ value, schema: schema('"enum": [9007199254740993]') })).toEqual({ ok: true });
    expect(validateAgainstSchema({ value, schema: schema('"enum": [9007199254740992]') })).toMatchObject({ ok: false });
  });

  it("tells faults of the value, of the schema and circles apart", () => {
    const loop = { properties: { n: { $ref: "#/definitions/N" } }, definitions: { N: { $ref: "#/definitions/N" } } };
    expect(validateAgainstSchema({ value: { n: 1 }, schema: loop })).toMatchObject({ kind: "circular" });
    expect(validateAgainstSchema({ value: {}, schema: { type: "nonsense" } })).toMatchObject({ kind: "schema" });
    expect(validateAgainstSchema({ value: {}, schema: { required: ["n"] } })).toMatchObject({ kind: "value" });
  });

  it("ends on a schema whose alternatives multiply at every level", () => {
    const both = (next: string) => ({ anyOf: [{ $ref: next }, { $ref: next }] });
    const levels = Object.fromEntries(Array.from({ length: 60 }, (_, level) => [`l${level}`, both(`#/$defs/l${level + 1}`)]));
    const schema = { $ref: "#/$defs/l0", $defs: { ...levels, l60: { type: "string" } } };
    expect(validateAgainstSchema({ value: {}, schema })).toMatchObject({ ok: false, kind: "circular" });
  });

  it("does not take inherited names for members", () => {
    expect(validateAgainstSchema({ value: {}, schema: { required: ["constructor"] } })).toMatchObject({ ok: false });
    expect(validateAgainstSchema({ value: {}, schema: { properties: { toString: { type: "integer" } } } })).toEqual({ ok: true });
    const value = JSON.parse('{"__proto__": 1}');
    const schema = JSON.parse('{"properties": {"__proto__": {"type": "string"}}, "required": ["__proto__"]}');
    expect(validateAgainstSchema({ value, schema })).toMatchObject({
      message: "Validation failed for field \"$['__proto__']\". Failure reason: 1 is not of type 'string'",
    });
  });

  it("leaves the schema it was given unchanged", () => {
    const schema = {
      properties: { n: { type: "integer", items: [{}] } },
      required: [],
      definitions: { A: { block_type_slug: "a", title: "A" } },
    };
    const before = JSON.stringify(schema);
    validateAgainstSchema({ value: { n: null }, schema, ignoreRequired: true, allowNoneWithDefault: true });
    expect(JSON.stringify(schema)).toBe(before);
  });
});

describe("checkSchema", () => {
  it("accepts what is a schema and names the first fault of what is none", () => {
    expect(checkSchema({ type: "object", properties: { a: true } })).toEqual({ ok: true });
    expect(checkSchema({ properties: { a: 5 } })).toEqual({
      ok: false,
      kind: "schema",
      message: "Invalid schema: 5 is not of type 'object', 'boolean'",
    });
    expect(checkSchema([])).toMatchObject({ message: "Invalid schema: [] is not of type 'object', 'boolean'" });
  });
});

describe("listFaults", () => {
  it.each(faultCases)("lists the faults of $value in the reference's order", (each) => {
    const result = listFaults({ value: each.value, schema: each.schema, prepare: false });
    expect(result.ok && result.faults.map((fault) => [fault.path, fault.message])).toEqual(each.faults);
  });
});

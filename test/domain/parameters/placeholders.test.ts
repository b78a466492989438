import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkForm } from "../../../src/domain/parameters/form-errors.ts";
import { collectVariableNames, hydrateParameters } from "../../../src/domain/parameters/placeholders.ts";
import { type JsonObject, parseJson, stringifyJson } from "../../../src/lib/json.ts";

// The fixtures hold what the reference server makes of each, with these variables.
const variables = new Map<string, unknown>([
  ["v", 5],
  ["word", "x"],
  ["obj", { a: [1, null] }],
  ["ref", "word"],
  ["tpl", "{{ 1 + 1 }}"],
  ["nul", null],
  ["js", "[1, 2]"],
  ["empty", ""],
]);
type Case = { parameters: JsonObject; result?: unknown; failure?: [string, string] };
type FormCase = { schema: JsonObject; values: JsonObject; result?: { errors: unknown[]; valid: boolean }; failure?: string };
const fixture = (name: string): string => readFileSync(join(import.meta.dirname, `fixtures/${name}.json`), "utf8");
const cases: Case[] = JSON.parse(fixture("placeholders"));
const forms: FormCase[] = JSON.parse(fixture("forms"));

describe("hydrateParameters", () => {
  it.each(cases)("replaces as the reference does: $parameters", ({ parameters, result, failure }) => {
    const hydrated = hydrateParameters({ parameters, variables });
    expect(hydrated).toEqual(
      failure === undefined ? { ok: true, parameters: result } : { ok: false, kind: failure[0], message: failure[1] },
    );
  });

  it("keeps the digits of long integers, and floats, in JSON text", () => {
    const value = "[9007199254740993, 2.0, 1e3]";
    const hydrated = hydrateParameters({ parameters: { x: { __prefect_kind: "json", value } }, variables });
    expect(hydrated.ok && stringifyJson(hydrated.parameters)).toBe('{"x":[9007199254740993,2.0,1000.0]}');
  });

  it("does not take a key named __proto__ for more than a key", () => {
    const parameters = parseJson('{"__proto__": {"__prefect_kind": "none", "value": 1}}');
    const hydrated = hydrateParameters({ parameters, variables });
    expect(hydrated.ok && stringifyJson(hydrated.parameters)).toBe('{"__proto__":1}');
  });

  it("names the fault of JSON text however deep it is", () => {
    const value = "[".repeat(100_000);
    expect(hydrateParameters({ parameters: { x: { __prefect_kind: "json", value } }, variables })).toMatchObject({
      message: "Invalid JSON: Expecting value: line 1 column 100001 (char 100000)",
    });
  });
});

describe("collectVariableNames", () => {
  const variable = (variable_name: unknown) => ({ __prefect_kind: "workspace_variable", variable_name });

  it("lists each name once, wherever it stands", () => {
    const parameters = {
      a: variable("x"),
      b: [variable("y"), { c: variable("x") }],
      d: { __prefect_kind: "json", value: variable("z") },
    };
    expect(collectVariableNames(parameters)).toEqual({ names: ["x", "y", "z"], all: false });
  });

  it("follows names that are JSON text or templates", () => {
    const parameters = {
      a: variable({ __prefect_kind: "json", value: '"x"' }),
      b: variable({ __prefect_kind: "jinja", template: "{{ 'y' }}" }),
      c: { __prefect_kind: "jinja", template: variable("t") },
    };
    expect(collectVariableNames(parameters)).toEqual({ names: ["x", "y", "t"], all: false });
  });

  it("asks for all when a name is the value of another variable", () => {
    expect(collectVariableNames({ a: variable(variable("x")) })).toEqual({ names: ["x"], all: true });
    expect(collectVariableNames({ a: variable({ __prefect_kind: "jinja", template: variable("x") }) })).toEqual({
      names: ["x"],
      all: true,
    });
  });

  it("finds nothing where there are no placeholders", () => {
    expect(collectVariableNames({ a: 1, b: ["variable_name"], c: null })).toEqual({ names: [], all: false });
  });
});

describe("checkForm", () => {
  it.each(forms)("answers as the reference does: $values", ({ schema, values, result, failure }) => {
    expect(checkForm({ schema, values, variables })).toEqual(
      failure === undefined ? { ok: true, ...result } : { ok: false, message: failure },
    );
  });
});

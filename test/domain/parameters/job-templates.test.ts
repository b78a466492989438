import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkTemplateDefaults,
  checkVariablesOfUpdate,
  collectBlockDocumentIds,
  validateJobVariables,
} from "../../../src/domain/parameters/job-templates.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { checkBaseJobTemplate } from "../../../src/schemas/job-templates.ts";

// The texts in the fixture are what the reference server answers; it knows one block document.
type Kind = "shape" | "defaults" | "run" | "deployment" | "update";
type Case = { kind: Kind; template: JsonObject; layers?: unknown[]; message: string | null };
const cases: Case[] = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/job-templates.json"), "utf8"));
const BLOCK = "0123abcd-0000-4000-8000-000000000001";
const blocks = new Map([[BLOCK, { env: "x" }]]);

const checks: Record<Kind, (each: Case) => { ok: true } | { ok: false; message: string }> = {
  shape: ({ template }) => checkBaseJobTemplate(template),
  defaults: ({ template }) => checkTemplateDefaults(template, blocks),
  run: ({ template, layers = [] }) => validateJobVariables({ template, blocks, layers, ignoreRequired: false }),
  deployment: ({ template, layers = [] }) => validateJobVariables({ template, blocks, layers, ignoreRequired: true }),
  update: ({ template, layers = [] }) => checkVariablesOfUpdate(template, layers[0]),
};

describe("job templates and variables", () => {
  it.each(cases.map((each, index) => ({ index, ...each })))("$kind ($index) is judged as by the reference: $message", (each) => {
    const verdict = checks[each.kind](each);
    expect(verdict.ok ? null : verdict.message).toBe(each.message);
  });

  it("lists each block that defaults name once, and none of the malformed", () => {
    const of = (id: unknown) => ({ default: { $ref: { block_document_id: id } } });
    const properties = {
      a: of(BLOCK),
      b: of(BLOCK.toUpperCase()),
      c: of(`{${BLOCK}}`),
      d: of("nonsense"),
      e: of(5),
      f: { default: { $ref: "x" } },
      g: true,
    };
    expect(collectBlockDocumentIds({ job_configuration: {}, variables: { properties } })).toEqual([BLOCK]);
    expect(collectBlockDocumentIds({})).toEqual([]);
  });

  it("tells a missing block apart from variables that do not fit", () => {
    const template = { variables: { properties: { b: { default: { $ref: { block_document_id: BLOCK } } } } } };
    expect(checkTemplateDefaults(template, new Map())).toEqual({ ok: false, kind: "block", message: "Block not found." });
    expect(checkTemplateDefaults(template, blocks)).toEqual({ ok: true });
  });
});

import { describe, expect, it } from "vitest";
import { splitReferences, storedForms, updatedData } from "../../../src/domain/blocks/documents.ts";
import { mask, maskSecrets, secretPathsOf } from "../../../src/domain/blocks/masks.ts";

const paths = (...secret_fields: string[]) => secretPathsOf({ secret_fields });

describe("masking", () => {
  it.each([
    ["a text", ["a"], { a: "x", b: "y" }, { a: mask, b: "y" }],
    ["a number, a list, an empty object", ["a", "b", "c"], { a: 1, b: [1], c: {} }, { a: mask, b: mask, c: mask }],
    ["no null and nothing that is missing", ["a", "b"], { a: null }, { a: null }],
    ["a filled object as a whole", ["a"], { a: { b: "x" } }, { a: mask }],
    ["what is deeper", ["a.b"], { a: { b: "x", c: "y" } }, { a: { b: mask, c: "y" } }],
    ["all leaves below a wildcard, nulls too", ["a.*"], { a: { b: { c: 1 }, d: null } }, { a: { b: { c: mask }, d: mask } }],
    ["an empty object or a scalar in a wildcard's place", ["a.*", "b.*"], { a: {}, b: "x" }, { a: mask, b: mask }],
    ["a member called __proto__", ["__proto__"], JSON.parse('{"__proto__":"x"}'), JSON.parse(`{"__proto__":"${mask}"}`)],
  ])("covers %s", (_what, secrets, data, shown) => {
    expect(JSON.stringify(maskSecrets(data, paths(...secrets)))).toBe(JSON.stringify(shown));
  });

  it("takes no longer for thousands of secret fields than for their number", () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
    const data = Object.fromEntries(names.map((name) => [name, { a: "x" }]));
    const shown = maskSecrets(data, paths(...names.map((name) => `${name}.*`)));
    expect(shown.k19999).toEqual({ a: mask });
    expect(data.k0).toEqual({ a: "x" });
  });

  it("keeps the whole data for encryption exactly where a part of them is secret", () => {
    expect(storedForms({ a: "x" }, paths("a"))).toEqual({ shown: { a: mask }, hidden: '{"a":"x"}' });
    expect(storedForms({ b: "x" }, paths("a"))).toEqual({ shown: { b: "x" }, hidden: null });
  });
});

describe("an update of data", () => {
  const stored = { data: { pw: "real", h: { A: "a", B: "b" }, n: { x: 1, y: 2 } }, secrets: paths("pw", "h.*") };

  it.each([
    ["a mask that comes back stands for the secret", { pw: mask }, true, stored.data],
    ["below a wildcard too, beside new values", { h: { A: mask, C: "c" } }, true, { ...stored.data, h: { A: "a", C: "c" } }],
    ["a mask for what is not stored is kept as it is", { h: { Z: mask } }, true, { ...stored.data, h: { Z: mask } }],
    ["members are replaced as a whole", { n: { y: 3 } }, true, { ...stored.data, n: { y: 3 } }],
    ["without merging the sent data are all", { n: 1, pw: mask }, false, { n: 1, pw: "real" }],
    ["null is a value", { pw: null }, true, { ...stored.data, pw: null }],
  ])("%s", (_what, sent, merges, after) => {
    expect(updatedData(stored, sent, merges)).toEqual(after);
  });
});

describe("references in data", () => {
  const id = "0DF1C7A0-7B5E-4D0C-8A3F-0242AC120002";

  it("are top-level objects with $ref, their id in any spelling", () => {
    const deep = { x: { $ref: { block_document_id: id } } };
    expect(splitReferences({ a: { $ref: { block_document_id: `{${id}}` }, more: 1 }, deep })).toEqual({
      kind: "split",
      data: { deep },
      references: [{ name: "a", id: id.toLowerCase() }],
    });
  });

  it.each([
    [{ a: { $ref: {} } }, "reference_without_id"],
    [{ a: { $ref: "x" } }, "refused"],
    [{ a: { $ref: { block_document_id: "x" } } }, "refused"],
    [Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`r${i}`, { $ref: { block_document_id: id } }])), "refused"],
  ])("are refused where they lead nowhere or are too many (%#)", (data, kind) => {
    expect(splitReferences(data).kind).toBe(kind);
  });
});

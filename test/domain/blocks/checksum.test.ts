import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checksumText } from "../../../src/domain/blocks/checksum.ts";
import { isJsonObject, parseJson } from "../../../src/lib/json.ts";

/** Returns the checksum of fields that are given as JSON text, so that their numbers stay as written. */
function checksum(text: string): string {
  const fields = parseJson(text);
  if (!isJsonObject(fields)) throw new Error("no object");
  return `sha256:${createHash("sha256").update(checksumText(fields)).digest("hex")}`;
}

describe("the checksum of a block schema's fields", () => {
  it("is the one that the client computes", () => {
    expect(checksum("{}")).toBe("sha256:f8e6e96abbc38504d4e9c99fc57281fa0026bede1fa42db79f22f984501710f4");
  });

  it.each([
    [
      "keys are ordered by code point",
      '{"\u{1f600}":1,"\ufffd":2,"9":3,"10":4}',
      '{"10": 4, "9": 3, "\\ufffd": 2, "\\ud83d\\ude00": 1}',
    ],
    [
      "a float stays a float",
      '{"a":1.0,"b":1,"c":1e16,"d":0.00001,"e":0.0001}',
      '{"a": 1.0, "b": 1, "c": 1e+16, "d": 1e-05, "e": 0.0001}',
    ],
    ["an integer keeps its digits", '{"a":90071992547409931}', '{"a": 90071992547409931}'],
    ["text is written in ASCII", '{"a":"é\u007f\\n/"}', '{"a": "\\u00e9\\u007f\\n/"}'],
    [
      "secret fields do not count",
      '{"a":{"secret_fields":[1],"b":[{"secret_fields":2}]}}',
      '{"a": {"b": [{"secret_fields": 2}]}}',
    ],
    ["an empty set of definitions counts", '{"definitions":{}}', '{"definitions": {}}'],
    ["unused definitions do not count", '{"definitions":{"A":{"x":1}}}', "{}"],
    [
      "definitions of blocks do not count, plain ones in use do",
      '{"p":[{"$ref":"#/definitions/A"},{"$ref":"#/definitions/B"}],"definitions":{"A":{"x":1},"B":{"block_type_slug":"b"}}}',
      '{"definitions": {"A": {"x": 1}}, "p": [{"$ref": "#/definitions/A"}, {"$ref": "#/definitions/B"}]}',
    ],
  ])("%s", (_what, fields, canonical) => {
    const parsed = parseJson(fields);
    expect(isJsonObject(parsed) && checksumText(parsed)).toBe(`[[${canonical}], {}]`);
  });
});

import { describe, expect, it } from "vitest";
import { parseTextQuery } from "../../src/domain/text-search.ts";

describe("reading a search text", () => {
  it.each([
    ["", [], [], []],
    [" \t ", [], [], []],
    ["timeout full", ["timeout", "full"], [], []],
    ["alpha +beta -gamma !delta", ["alpha"], ["beta"], ["gamma", "delta"]],
    ["- connection", ["connection"], [], []],
    ["timeout -", ["timeout"], [], []],
    ["--debug", [], [], ["-debug"]],
    ["+-x", [], ["-x"], []],
    ['"connection timeout"', ["connection timeout"], [], []],
    ['-"a b" +"c d"', [], ["c d"], ["a b"]],
    ['"said \\"stop\\" \\\\ \\n"', ['said "stop" \\ \\n'], [], []],
    ['"unclosed phrase', ["unclosed phrase"], [], []],
    ['"" "  "', [], [], []],
    ['-""', [], [], []],
    ['a"b c"d', ["a", "b c", "d"], [], []],
    ["C:\\temp", ["C:\\temp"], [], []],
    ["a-b!c+d", ["a-b!c+d"], [], []],
    ["twice\tfine\nbad", ["twice", "fine", "bad"], [], []],
  ])("%j", (query, include, require, exclude) => {
    expect(parseTextQuery(query)).toEqual({ include, require, exclude });
  });
});

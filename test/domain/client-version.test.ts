import { describe, expect, it } from "vitest";
import { isAtLeast, parseClientVersion } from "../../src/domain/client-version.ts";

describe("the version of a client", () => {
  it.each([
    ["prefect/3.8.8 (API 0.8.4)", "3.8.8"],
    ["prefect/3.0.0rc20 (API 0.8.4)", "3.0.0rc20"],
    ["prefect/3.4.11.dev2+1.gabc (API 0.8.4)", "3.4.11.dev2+1.gabc"],
    ["prefect/3.8 (API 0.8.4)", null],
    ["prefect/3.8.8", null],
    ["prefect/3.8.8 (API 0.8.4) more", null],
    ["curl/8.0", null],
    [null, null],
  ])("in %s is %s", (userAgent, version) => {
    expect(parseClientVersion(userAgent)).toBe(version);
  });

  it("is ordered as Python orders versions", () => {
    const ascending = [
      "3.4.9",
      "3.4.11.dev1",
      "3.4.11a1",
      "3.4.11b2",
      "3.4.11rc1",
      "3.4.11",
      "3.4.11+abc",
      "3.4.11+abc.1",
      "3.4.11+2",
      "3.4.11+10",
      "3.4.11.post1",
      "3.4.12",
      "3.10.0",
      "4.0.0",
    ];
    for (const [i, version] of ascending.entries())
      for (const [j, least] of ascending.entries())
        expect([version, least, isAtLeast(version, least)]).toEqual([version, least, i >= j]);
  });

  it("is at least its release with a local part, and counts no missing zeros", () => {
    expect(isAtLeast("3.4.11+4.gabc", "3.4.11")).toBe(true);
    expect(isAtLeast("3.4", "3.4.0")).toBe(true);
    expect(isAtLeast("3.4.0", "3.4")).toBe(true);
  });

  it("that is none is older than any", () => {
    expect(isAtLeast("3.4.11..", "3.4.11")).toBe(false);
    expect(isAtLeast("3.x.1", "0.0.1")).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { SecretsUnavailable, secretBox } from "../../src/lib/secret-box.ts";

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const key = (letter: string) => btoa(letter.repeat(32));
const box = (...keys: string[]) => secretBox(keys.map(key), random);

describe("a sealed text", () => {
  it("opens at its place alone", async () => {
    const sealed = await box("a").seal("sécret", "row:1");
    expect(await box("a").open(sealed, "row:1")).toBe("sécret");
    await expect(box("a").open(sealed, "row:2")).rejects.toThrow();
  });

  it("is another one each time", async () => {
    const [one, two] = await Promise.all([box("a").seal("x", "p"), box("a").seal("x", "p")]);
    expect(one).not.toBe(two);
  });

  it("does not open when a part of it was changed", async () => {
    const sealed = await box("a").seal("secret", "p");
    const other = sealed.at(-4) === "A" ? "B" : "A";
    await expect(box("a").open(`${sealed.slice(0, -4)}${other}${sealed.slice(-3)}`, "p")).rejects.toThrow();
  });

  it("opens with a key that no longer encrypts", async () => {
    const sealed = await box("a").seal("secret", "p");
    const rotated = box("b", "a");
    expect(await rotated.open(sealed, "p")).toBe("secret");
    expect((await rotated.seal("secret", "p")).startsWith(await rotated.prefix())).toBe(true);
    expect(sealed.startsWith(await rotated.prefix())).toBe(false);
  });

  it.each([["without a key"], ["with another key", "b"]])("is not available %s", async (_what, ...keys) => {
    const sealed = await box("a").seal("secret", "p");
    await expect(box(...keys).open(sealed, "p")).rejects.toThrow(SecretsUnavailable);
  });

  it("is not made without a key", async () => {
    await expect(box().seal("x", "p")).rejects.toThrow(SecretsUnavailable);
  });
});

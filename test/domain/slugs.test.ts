import { expect, it } from "vitest";
import { generateSlug } from "../../src/domain/slugs.ts";

/** Numbers that walk evenly through 0..1, so that every word comes up. */
function evenly(step: number): () => number {
  let at = 0;
  return () => {
    at = (at + step) % 1;
    return at;
  };
}

it("is an adjective and an animal in lower case, for every draw", () => {
  const random = evenly(0.000_617);
  for (let draw = 0; draw < 2000; draw++) expect(generateSlug(random)).toMatch(/^[a-z]+-[a-z]+$/);
});

it("has more than ten thousand names, none of its words twice", () => {
  const drawn = (first: number, second: number) => {
    const numbers = [first, second];
    return generateSlug(() => numbers.shift() ?? 0);
  };
  const adjectives = new Set(Array.from({ length: 5000 }, (_, index) => drawn(index / 5000, 0).split("-")[0]));
  const animals = new Set(Array.from({ length: 5000 }, (_, index) => drawn(0, index / 5000).split("-")[1]));
  expect(adjectives.size * animals.size).toBeGreaterThan(10_000);
});

it("takes a draw of exactly 1 for the last word", () => {
  expect(generateSlug(() => 1)).toBe("zesty-zebra");
});

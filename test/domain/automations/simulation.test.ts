import { expect, it } from "vitest";
import { simulate } from "./simulation.ts";

it("fires the same whoever evaluates, in whatever portions and order of arrival", () => {
  let fired = 0;
  for (let seed = 1; seed <= 100; seed++) fired += simulate(seed);
  expect(fired).toBeGreaterThan(300);
});

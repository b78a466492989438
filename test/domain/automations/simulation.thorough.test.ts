import { expect, it } from "vitest";
import { simulate } from "./simulation.ts";

it("fires the same in two thousand histories", () => {
  let fired = 0;
  for (let seed = 1; seed <= 2_000; seed++) fired += simulate(seed);
  expect(fired).toBeGreaterThan(6_000);
}, 240_000);

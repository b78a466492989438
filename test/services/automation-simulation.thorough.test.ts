import { expect, it } from "vitest";
import { testApp } from "../support/app.ts";
import { simulate } from "./automation-simulation.ts";

// Four databases at a time: each waits for its answers most of the time.
it("fires each once in two thousand histories", async () => {
  const counts = await Promise.all(
    [10_000, 20_000, 30_000, 40_000].map(async (first) => {
      const app = await testApp();
      let fired = 0;
      for (let seed = first; seed < first + 500; seed++) fired += await simulate(app, seed);
      return fired;
    }),
  );
  expect(Math.min(...counts)).toBeGreaterThan(1_000);
}, 3_600_000);

import { expect, it } from "vitest";
import { testApp } from "../support/app.ts";
import { simulate } from "./automation-simulation.ts";

// Three databases at a time: each waits for its answers most of the time.
it("fires each once in three hundred histories", async () => {
  const counts = await Promise.all(
    [1_000, 2_000, 3_000].map(async (first) => {
      const app = await testApp();
      let fired = 0;
      for (let seed = first; seed < first + 100; seed++) fired += await simulate(app, seed);
      return fired;
    }),
  );
  expect(Math.min(...counts)).toBeGreaterThan(200);
}, 900_000);

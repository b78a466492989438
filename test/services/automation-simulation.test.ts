import { expect, it } from "vitest";
import { testApp } from "../support/app.ts";
import { simulate } from "./automation-simulation.ts";

it("fires each once, whichever of three evaluators commits and whatever answer is lost", async () => {
  const app = await testApp();
  let fired = 0;
  for (let seed = 1; seed <= 4; seed++) fired += await simulate(app, seed);
  expect(fired).toBeGreaterThan(5);
});

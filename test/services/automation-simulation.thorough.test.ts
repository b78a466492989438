import { expect, it } from "vitest";
import { testApp } from "../support/app.ts";
import { simulate } from "./automation-simulation.ts";

it("fires each once in two hundred histories", async () => {
  const app = await testApp();
  let fired = 0;
  for (let seed = 1_000; seed < 1_200; seed++) fired += await simulate(app, seed);
  expect(fired).toBeGreaterThan(400);
}, 240_000);

import { expect, it } from "vitest";
import { testApp } from "../support/app.ts";

it("answers a retry delay with a fraction as its description says", async () => {
  const app = await testApp();
  const flow = await app.post("/flows/", { name: "f" });
  const run = await app.post("/flow_runs/", { flow_id: flow.body.id, empirical_policy: { retry_delay_seconds: 0.5 } });
  expect([run.status, run.body.empirical_policy.retry_delay]).toEqual([201, 0.5]);
});

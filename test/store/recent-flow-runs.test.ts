import { beforeAll, describe, expect, it } from "vitest";
import { type FlowRunFacts, loadFlowRunFacts } from "../../src/store/flow-runs/facts.ts";
import { recentFlowRuns } from "../../src/store/flow-runs/recent.ts";
import { testApp } from "../support/app.ts";

describe("what an isolate remembers of flow runs", () => {
  let facts: FlowRunFacts;
  beforeAll(async () => {
    const app = await testApp();
    const flow_id = (await app.post("/flows/", { name: "f" })).body.id;
    const run = { flow_id, state: { type: "PENDING" }, parameters: { text: "x".repeat(100_000) }, tags: ["a"] };
    const { id } = (await app.post("/flow_runs/", run)).body;
    facts = (await loadFlowRunFacts(app.deps().db, id, app.deps().now())) ?? expect.fail();
  });

  const named = (id: string, more: object = {}): FlowRunFacts => ({
    ...facts,
    stored: { ...facts.stored, run: { ...facts.stored.run, id, ...more } },
  });

  it("is used once, for thirty seconds, and holds none of what runs are given to work with", () => {
    const recent = recentFlowRuns();
    recent.put(named("a"), 0);
    const taken = recent.take("a", 29_000_000);
    expect(taken?.stored.run).toMatchObject({ id: "a", tags: ["a"], parameters: {}, context: {}, job_variables: null });
    expect(taken?.initial_state).toEqual(facts.initial_state);
    expect(recent.take("a", 29_000_000)).toBeNull();
    recent.put(named("a"), 0);
    expect(recent.take("a", 31_000_000)).toBeNull();
  });

  it("is bounded in bytes: the oldest go first, and what is large by itself is not kept", () => {
    const recent = recentFlowRuns(100_000);
    for (let i = 0; i < 1000; i++) recent.put(named(`${i}`), i);
    const kept = Array.from({ length: 1000 }, (_, i) => recent.take(`${i}`, 1000)).filter((one) => one !== null);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(200);
    expect(kept.at(-1)?.stored.run.id).toBe("999");
    recent.put(named("large", { tags: ["x".repeat(20_000)] }), 0);
    expect(recent.take("large", 0)).toBeNull();
  });
});

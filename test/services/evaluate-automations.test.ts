import { describe, expect, it } from "vitest";
import { testApp } from "../support/app.ts";
import { automationRow, eventOf, firings, on, send, store } from "../support/evaluation.ts";

describe("an automation", () => {
  it("fires once for each event that its trigger covers", async () => {
    const app = await testApp();
    const { db } = app.deps();
    const row = automationRow(on(["it.happened"], { match: { "prefect.resource.id": "thing.1" } }));
    await store(db, [row]);
    const event = eventOf("it.happened");
    await send(app, event, eventOf("it.happened", { resource: { "prefect.resource.id": "thing.2" } }), eventOf("other"));
    expect(await firings(db)).toEqual([{ automation: row.id, event: event.id, labels: "{}" }]);
  });
});

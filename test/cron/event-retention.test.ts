import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { eventRetention } from "../../src/cron/event-retention.ts";
import { relatedBlock } from "../../src/store/events/filter.ts";
import { testApp } from "../support/app.ts";

const day = 86_400_000;
const hour = 3_600_000;

const event = (name: string, at: number) => ({
  id: randomUUID(),
  occurred: new Date(at).toISOString(),
  event: name,
  resource: { "prefect.resource.id": "r" },
  related: [{ "prefect.resource.id": "x", "prefect.resource.role": "y" }],
});

it("removes events of more than seven days with their resources at the next full hour, and is harmless when repeated", async () => {
  const app = await testApp();
  const now = Date.now();
  await app.post("/events", [event("old", now - 8 * day), event("young", now - 6 * day), event("ahead", now + day)]);
  await app.deps().db.write([{ sql: "update sqlite_sequence set seq = ? where name = 'event'", args: [relatedBlock] }]);
  await app.post("/events", [event("next block", now)]);
  const names = async () => {
    const { rows } = await app.deps().db.execute({ sql: "select event from event order by position", args: [] });
    return rows.map((row) => row[0]);
  };
  const tick = (scheduled: number) => eventRetention.run(app.deps(), { cron: "* * * * *", scheduledTime: scheduled * 1000 });
  await tick(now);
  expect(await names()).toEqual(["old", "young", "ahead", "next block"]);
  await Promise.all([tick(now + hour), tick(now + hour)]);
  expect(await names()).toEqual(["young", "ahead", "next block"]);
  const { rows } = await app.deps().db.execute({ sql: "select count(*) from event_related", args: [] });
  expect(rows[0]?.[0]).toBe(2);
});

it("asks once when nothing is old", async () => {
  const app = await testApp();
  const deps = app.deps();
  await eventRetention.run(deps, { cron: "* * * * *", scheduledTime: deps.now() });
  expect(deps.db.roundTrips()).toBe(1);
});

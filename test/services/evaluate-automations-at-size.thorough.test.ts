import { describe, expect, it } from "vitest";
import {
  automationRow,
  countRows,
  evaluatingApp,
  eventOf,
  firedEvents,
  firings,
  on,
  send,
  store,
} from "../support/evaluation.ts";

describe("the evaluation of many events, automations and bytes", () => {
  it("goes in portions through the automations of one event, and each fires once", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const rows = Array.from({ length: 600 }, () => automationRow(on(["it.happened"])));
    await store(db, rows);
    const [one, two] = [eventOf("it.happened"), eventOf("it.happened")];
    await send(app, eventOf("other"), one, two);
    const fired = await firings(db);
    for (const event of [one, two])
      expect(
        fired
          .filter((firing) => firing.event === event.id)
          .map(({ automation }) => automation)
          .toSorted(),
      ).toEqual(rows.map(({ id }) => id).toSorted());
    expect(fired).toHaveLength(1200);
  });

  it("goes in portions through large events", async () => {
    const app = await evaluatingApp();
    await store(
      app.deps().db,
      Array.from({ length: 3 }, () => automationRow(on(["it.happened"]))),
    );
    const event = () => eventOf("it.happened", { payload: { text: "x".repeat(1_400_000) } });
    await send(app, event());
    await send(app, event());
    expect(await firedEvents(app)).toHaveLength(6);
  });

  it("goes through a chain that is longer than one step follows", async () => {
    const app = await evaluatingApp();
    await store(app.deps().db, [automationRow(on(["it.happened"]))]);
    const events = [eventOf("it.happened")];
    for (let i = 0; i < 50; i++) events.push(eventOf("it.happened", { follows: events.at(-1)?.id ?? null }));
    for (const event of events.toReversed()) await send(app, event);
    expect(await firedEvents(app)).toEqual(events.map(({ id }) => id));
    expect(await countRows(app.deps().db, "automation_waiting")).toBe(0);
  });
});

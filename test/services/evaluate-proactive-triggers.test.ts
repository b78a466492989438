import { describe, expect, it } from "vitest";
import { runJobs } from "../../src/cron/index.ts";
import { indexTriggers } from "../../src/store/automation-evaluation/index-triggers.ts";
import type { Database } from "../../src/store/client.ts";
import { sql } from "../../src/store/sql/tag.ts";
import type { TestApp } from "../support/app.ts";
import {
  automationRow,
  change,
  compound,
  countRows,
  evaluatingApp,
  eventOf,
  firedEvents,
  on,
  second,
  send,
  store,
} from "../support/evaluation.ts";

describe("Proactive triggers", () => {
  const missing = () =>
    on(["it.ended"], { posture: "Proactive", within: 10, after: ["it.began"], for_each: ["prefect.resource.id"] });
  const tick = async (app: TestApp, seconds: number) => {
    const deps = app.deps();
    await runJobs({ ...deps, now: () => deps.now() + seconds * second }, { cron: "", scheduledTime: Date.now() * 1000 });
    return firedEvents(app);
  };
  const thing = (id: string) => ({ resource: { "prefect.resource.id": id } });

  it("fire by cron when what they expect has not come in time", async () => {
    const app = await evaluatingApp();
    await store(app.deps().db, [automationRow(missing())]);
    const began = eventOf("it.began", thing("x"));
    await send(app, began, eventOf("it.began", thing("y")), eventOf("it.ended", thing("y")), eventOf("it.ended", thing("z")));
    expect(await tick(app, 5)).toEqual([]);
    expect(await tick(app, 12)).toEqual([began.id]);
    expect(await tick(app, 30)).toEqual([began.id]);
  });

  it("notice at their time a window that ends before they were due", async () => {
    const app = await evaluatingApp();
    await store(app.deps().db, [automationRow({ ...missing(), within: 600 })]);
    await tick(app, 0);
    const began = eventOf("it.began", { ...thing("x"), occurred: (Date.now() - 595_000) * 1000 });
    await send(app, began, eventOf("other"));
    expect(await tick(app, 0)).toEqual([]);
    expect(await tick(app, 6)).toEqual([began.id]);
  });

  it("fire in the background of a request when their time has come", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const began = eventOf("it.began", { ...thing("x"), occurred: (Date.now() - 20_000) * 1000 });
    await store(db, [automationRow(missing())]);
    await send(app, began, eventOf("other"));
    expect(await firedEvents(app)).toEqual([began.id]);
  });

  it("fire in the background of any request when their time has come", async () => {
    let ahead = 0;
    let last = 0;
    const now = () => {
      last = Math.max(Date.now() * 1000 + ahead, last + 1);
      return last;
    };
    const app = await evaluatingApp({ now });
    await store(app.deps().db, [automationRow(missing())]);
    const began = eventOf("it.began", thing("x"));
    await send(app, began);
    const ask = async () => {
      await app.get("/flows/00000000-0000-4000-8000-000000000000");
      await app.settled();
      return firedEvents(app);
    };
    expect(await ask()).toEqual([]);
    ahead = 11 * second;
    expect(await ask()).toEqual([began.id]);
  });

  it("fire once, also where several ticks see it at the same time, with many windows that have ended", async () => {
    const app = await evaluatingApp();
    await store(app.deps().db, [automationRow(missing()), automationRow(compound("any", [missing()]))]);
    const events = Array.from({ length: 400 }, (_, i) => eventOf("it.began", thing(`thing.${i}`)));
    await send(app, ...events);
    await Promise.all([tick(app, 30), tick(app, 30), tick(app, 31)]);
    const ids = events.map(({ id }) => id);
    expect((await firedEvents(app)).toSorted()).toEqual([...ids, ...ids].toSorted());
  });

  it("without anything to wait for fire in each of their windows", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const row = automationRow(on(["it.happened"], { posture: "Proactive", within: 10 }));
    await store(db, [row]);
    expect(await tick(app, 0)).toEqual([]);
    expect(await tick(app, 11)).toEqual([null]);
    await send(app, eventOf("it.happened", { occurred: (Date.now() + 12_000) * 1000 }));
    expect(await tick(app, 22)).toEqual([null]);
    await change(db, { ...row, enabled: false });
    expect(await tick(app, 100)).toEqual([null]);
  });
});

describe("what triggers remember", () => {
  const seen = (db: Database) => countRows(db, "automation_bucket");
  it("is forgotten a minute after the end of its window", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    await store(db, [
      automationRow(on(["it.happened"], { threshold: 3 })),
      automationRow(on(["it.happened"], { threshold: 3, within: 600 })),
    ]);
    await send(app, eventOf("it.happened"));
    const deps = app.deps();
    const tick = (seconds: number) =>
      runJobs({ ...deps, now: () => deps.now() + seconds * second }, { cron: "", scheduledTime: Date.now() * 1000 });
    await tick(50);
    expect(await seen(db)).toBe(2);
    await tick(65);
    expect(await seen(db)).toBe(1);
  });

  it("is written under the guard of an automation's own write", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const row = automationRow(on(["it.happened"]));
    await store(db, [row]);
    await db.write(indexTriggers({ ...row, trigger: on(["other"]) }, sql`1 = 0`));
    const event = eventOf("it.happened");
    await send(app, event);
    expect(await firedEvents(app)).toEqual([event.id]);
  });
});

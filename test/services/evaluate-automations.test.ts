import { describe, expect, it } from "vitest";
import { runJobs } from "../../src/cron/index.ts";
import { type Database, DatabaseUnavailable } from "../../src/store/client.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { testApp } from "../support/app.ts";
import {
  automationRow,
  change,
  compound,
  countRows,
  evaluatingApp,
  eventOf,
  firedEvents,
  firings,
  on,
  second,
  send,
  sequence,
  store,
} from "../support/evaluation.ts";

/** Returns a database whose statements are noted. */
const heard = (db: Database, read: string[], written: string[]): Database => ({
  ...db,
  read: (statements, answer) => {
    read.push(...statements.map((one) => one.sql));
    return db.read(statements, answer);
  },
  write: (statements) => {
    written.push(...statements.map((one) => one.sql));
    return db.write(statements);
  },
});

describe("an automation", () => {
  it("fires once for each event that its trigger covers", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const row = automationRow(on(["it.happened"], { match: { "prefect.resource.id": "thing.1" }, for_each: ["color"] }));
    await store(db, [row]);
    const event = eventOf("it.happened", { resource: { "prefect.resource.id": "thing.1", color: "red" } });
    await send(app, event, eventOf("it.happened", { resource: { "prefect.resource.id": "thing.2" } }), eventOf("other"));
    expect(await firings(db)).toEqual([{ automation: row.id, event: event.id, labels: '{"color":"red"}' }]);
  });

  it("finds its events by patterns of names, and by ids of related resources", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const flow = { "prefect.resource.id": "prefect.flow.1", "prefect.resource.role": "flow" };
    const rows = [
      automationRow(on(["it.*"])),
      automationRow(on(["*.happened"])),
      automationRow(on(["it.happened"], { match_related: { "prefect.resource.id": ["prefect.flow.1"] } })),
      automationRow(on([], { match: { "prefect.resource.id": "thing.1" } })),
    ];
    await store(db, rows);
    const [one, two] = [
      eventOf("it.happened", { related: [flow] }),
      eventOf("it.ended", { resource: { "prefect.resource.id": "other" } }),
    ];
    await send(app, one, two);
    const fired = (await firings(db)).map(({ automation, event }) => [rows.findIndex(({ id }) => id === automation), event]);
    expect(fired.toSorted()).toEqual(
      [
        [0, one.id],
        [0, two.id],
        [1, one.id],
        [2, one.id],
        [3, one.id],
      ].toSorted(),
    );
  });

  it("tells of its firing in an event, and queues its actions", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const row = automationRow(on(["it.happened"]), { name: "watch", actions_on_trigger: [{ type: "do-nothing" }] });
    await store(db, [row]);
    const event = eventOf("it.happened", { payload: { n: 1 } });
    await send(app, event);
    const found = await app.post("/events/filter", { filter: { event: { name: ["prefect.automation.triggered"] } } });
    const [told] = found.body.events;
    expect(told.resource).toEqual({
      "prefect.resource.id": `prefect.automation.${row.id}`,
      "prefect.resource.name": "watch",
      "prefect.posture": "Reactive",
    });
    expect(told.related).toEqual([
      { "prefect.resource.id": `prefect.event.${event.id}`, "prefect.resource.role": "triggering-event" },
    ]);
    expect(told.payload.triggering_labels).toEqual({});
    expect(told.payload.triggering_event).toMatchObject({ id: event.id, event: "it.happened", payload: { n: 1 }, follows: null });
    expect(typeof told.payload.triggering_event.received).toBe("string");
    expect(told.follows).toBeNull();
    const { rows } = await db.execute(sql`select a.action_index, a.on_trigger, f.triggered_event_id, f.firing ->> '$.triggered'
      from automation_action a join automation_firing f on f.id = a.firing_id order by a.action_index`);
    expect(rows.map((one) => [...one])).toEqual([
      [0, 0, told.id, told.occurred],
      [1, 1, told.id, told.occurred],
    ]);
  });

  it("sees no event that was stored before it was made, or while it was disabled, and counts on afterwards", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const [before, first, meanwhile, second_] = ["a", "b", "c", "d"].map(() => eventOf("it.happened"));
    if (!before || !first || !meanwhile || !second_) throw new Error("four events");
    await send(app, before);
    const row = automationRow(on(["it.happened"], { threshold: 2 }));
    await store(db, [row]);
    await send(app, first);
    await change(db, { ...row, enabled: false });
    await send(app, meanwhile);
    await change(db, { ...row, enabled: true });
    expect(await firedEvents(app)).toEqual([]);
    await send(app, second_);
    expect(await firedEvents(app)).toEqual([second_.id]);
  });

  it("misses no event while it is written again as it is", async () => {
    const app = await evaluatingApp({ log: () => undefined });
    const { db } = app.deps();
    const row = automationRow(on(["it.happened"]));
    await store(db, [row]);
    const event = eventOf("it.happened");
    app.wrapDatabase((inner) => ({ ...inner, read: () => Promise.reject(new DatabaseUnavailable("no evaluation yet")) }));
    await send(app, event);
    app.wrapDatabase((inner) => inner);
    await change(db, row);
    await runJobs(app.deps(), { cron: "* * * * *", scheduledTime: Date.now() * 1000 });
    expect(await firedEvents(app)).toEqual([event.id]);
  });

  it("counts anew with a new trigger, and leaves nothing when it is deleted", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const held = on(["b"], { posture: "Proactive", within: 10, after: ["a"], for_each: ["prefect.resource.id"] });
    const trigger = on(["it.happened"], { threshold: 2 });
    const row = automationRow(compound("all", [trigger, held, on(["c"])]));
    const counting = automationRow(on(["it.happened"], { threshold: 2 }));
    await store(db, [row, counting]);
    await send(app, eventOf("it.happened"), eventOf("a"), eventOf("b"), eventOf("c"));
    await change(db, { ...counting, trigger: on(["it.happened"], { threshold: 2 }) });
    await send(app, eventOf("it.happened"));
    expect(await firedEvents(app)).toEqual([]);
    const tables = [
      "automation_trigger",
      "automation_trigger_name",
      "automation_bucket",
      "automation_held",
      "automation_collected",
    ];
    for (const table of tables) expect(await countRows(db, table)).toBeGreaterThan(0);
    await db.write([sql`delete from automation`]);
    for (const table of tables) expect(await countRows(db, table)).toBe(0);
  });

  it("with a composite trigger remembers what has fired from one request to the next", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    await store(db, [automationRow(sequence([compound("all", [on(["a"]), on(["b"])], 60), on(["c"])], 60))]);
    const events = ["b", "c", "a", "c"].map((name) => eventOf(name));
    for (const event of events) await send(app, event);
    expect(await firedEvents(app)).toEqual([events[3]?.id]);
    const [firing] = (await db.execute(sql`select firing from automation_firing`)).rows;
    const { triggering_firings } = JSON.parse(String(firing?.[0]));
    expect(triggering_firings[0].triggering_firings).toHaveLength(2);
    expect(await countRows(db, "automation_collected")).toBe(0);
  });
});

describe("the evaluation of events", () => {
  it("costs nothing where no automation is enabled", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    await store(db, [automationRow(on(["it.happened"]), { enabled: false })]);
    await send(app, eventOf("it.happened"));
    const asked: string[] = [];
    app.wrapDatabase((inner) => heard(inner, asked, asked));
    await send(app, eventOf("it.happened"));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((text) => text.includes("automation"))).toEqual([]);
  });

  it("writes nothing for events that concern no automation", async () => {
    const app = await evaluatingApp();
    await store(app.deps().db, [automationRow(on(["it.happened"]))]);
    const written: string[] = [];
    app.wrapDatabase((inner) => heard(inner, [], written));
    const first = eventOf("other");
    await send(app, first, eventOf("other", { follows: first.id }));
    await send(app, eventOf("other"));
    expect(written.length).toBeGreaterThan(0);
    expect(written.filter((text) => text.includes("automation"))).toEqual([]);
  });

  it("happens once for each event of many requests at the same time", async () => {
    const app = await evaluatingApp();
    await store(app.deps().db, [automationRow(on(["it.happened"]))]);
    const events = Array.from({ length: 40 }, () => eventOf("it.happened"));
    await Promise.all([...events, ...events].map((event) => send(app, event)));
    expect((await firedEvents(app)).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  });

  it("passes an event that cannot be evaluated, and goes on behind it", async () => {
    const app = await evaluatingApp({ log: () => undefined });
    const { db } = app.deps();
    const [broken, whole] = [automationRow(on(["it.broke"])), automationRow(on(["it.happened", "it.broke"]))];
    await store(db, [broken, whole]);
    await db.write([sql`update automation set trigger = '{"type": "odd"}' where id = ${broken.id}`]);
    const events = [eventOf("it.happened"), eventOf("it.broke"), eventOf("it.happened")];
    await send(app, ...events);
    expect(await firedEvents(app)).toEqual([events[0]?.id, events[2]?.id]);
  });

  it("keeps events in order that follow one another, in whatever order they arrive", async () => {
    const app = await evaluatingApp();
    await store(app.deps().db, [automationRow(on(["it.ended"], { after: ["it.began"], within: 60 }))]);
    const at = (seconds: number) => (Date.now() / 1000 - 60 + seconds) * second;
    const first = eventOf("it.began", { occurred: at(0) });
    const link = eventOf("between", { occurred: at(1), follows: first.id });
    const last = eventOf("it.ended", { occurred: at(2), follows: link.id });
    for (const event of [last, link]) await send(app, event);
    expect(await firedEvents(app)).toEqual([]);
    await send(app, first);
    expect(await firedEvents(app)).toEqual([last.id]);
    expect(await countRows(app.deps().db, "automation_waiting")).toBe(0);
  });

  it("waits fifteen minutes for an event that never comes", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    await store(db, [automationRow(on(["it.happened"]))]);
    const event = eventOf("it.happened", { follows: "00000000-0000-4000-8000-00000000beef" });
    await send(app, event);
    const tickAfter = async (minutes: number) => {
      const deps = app.deps();
      await runJobs({ ...deps, now: () => deps.now() + minutes * 60 * second }, { cron: "", scheduledTime: Date.now() * 1000 });
      return firedEvents(app);
    };
    expect(await tickAfter(14)).toEqual([]);
    expect(await tickAfter(15)).toEqual([event.id]);
    expect(await tickAfter(16)).toEqual([event.id]);
  });

  it("ends loops: what an automation causes does not have it fire again", async () => {
    const app = await evaluatingApp();
    const { db } = app.deps();
    const rows = [
      automationRow(on([])),
      automationRow(on(["prefect.automation.*"])),
      automationRow(on(["prefect.automation.triggered"])),
    ];
    await store(db, rows);
    await send(app, eventOf("it.happened"));
    const fired = (await firings(db)).map(({ automation }) => rows.findIndex(({ id }) => id === automation));
    // Each automation once on each way that leads to it: 0; 0 1, 0 2; 0 1 2, 0 2 1.
    expect(fired.toSorted()).toEqual([0, 1, 1, 2, 2]);
    await runJobs(app.deps(), { cron: "", scheduledTime: Date.now() * 1000 });
    expect(await firings(db)).toHaveLength(5);
  });

  it("ends loops of what actions tell", async () => {
    const app = await testApp();
    const { db } = app.deps();
    await store(db, [automationRow(on(["prefect.automation.action.*"])), automationRow(on([]))]);
    await send(app, eventOf("it.happened"));
    await runJobs(app.deps(), { cron: "", scheduledTime: Date.now() * 1000 });
    await app.settled();
    // The second by the event, then the first by each of the two events that tell of the second's action.
    expect(await firings(db)).toHaveLength(3);
  });
});

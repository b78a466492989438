import { randomUUID } from "node:crypto";
import type { Deps } from "../../src/deps.ts";
import type { Event } from "../../src/domain/events/event.ts";
import { formatTime } from "../../src/lib/time.ts";
import type { Action } from "../../src/schemas/automations/actions.ts";
import type { CompoundTrigger, EventTrigger, SequenceTrigger, Trigger } from "../../src/schemas/automations/triggers.ts";
import { indexTriggers } from "../../src/store/automation-evaluation/index-triggers.ts";
import type { Database } from "../../src/store/client.ts";
import { rowMapper } from "../../src/store/sql/rows.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { type AutomationRow, automation } from "../../src/store/tables/automations.ts";
import { type TestApp, testApp } from "./app.ts";

export const second = 1_000_000;

/** An event trigger that each event of the names fires. */
export const on = (expect: readonly string[], more: Partial<EventTrigger> = {}): EventTrigger => ({
  type: "event",
  id: randomUUID(),
  match: {},
  match_related: {},
  after: [],
  expect: [...expect],
  for_each: [],
  posture: "Reactive",
  threshold: 1,
  within: 0,
  ...more,
});

export const compound = (
  require: CompoundTrigger["require"],
  triggers: readonly Trigger[],
  within: number | null = null,
): CompoundTrigger => ({ type: "compound", id: randomUUID(), require, triggers, within });

export const sequence = (triggers: readonly Trigger[], within: number | null = null): SequenceTrigger => ({
  type: "sequence",
  id: randomUUID(),
  triggers,
  within,
});

const doNothing: Action = { type: "do-nothing" };

export const automationRow = (trigger: Trigger, more: Partial<AutomationRow> = {}): AutomationRow => ({
  id: randomUUID(),
  created: 0,
  updated: 0,
  name: "an automation",
  description: "",
  enabled: true,
  tags: [],
  trigger,
  actions: [doNothing],
  actions_on_trigger: [],
  actions_on_resolve: [],
  ...more,
});

const rows = rowMapper(automation);

/** Stores automations as their creation does. */
export async function store(db: Database, automations: readonly AutomationRow[]): Promise<void> {
  await db.write(automations.flatMap((row) => [rows.insert(row), ...indexTriggers(row)]));
}

/** Stores a changed automation. */
export async function change(db: Database, row: AutomationRow): Promise<void> {
  await db.write([sql`update automation set ${rows.set(row)} where id = ${row.id}`, ...indexTriggers(row)]);
}

export const eventOf = (event: string, more: Partial<Event> = {}): Event => ({
  id: randomUUID(),
  occurred: Date.now() * 1000,
  event,
  resource: { "prefect.resource.id": "thing.1" },
  related: [],
  payload: {},
  follows: null,
  ...more,
});

/** Sends events in one request, and waits for what went on behind it. */
export async function send(app: TestApp, ...events: readonly Event[]): Promise<void> {
  const { status } = await app.post(
    "/events",
    events.map((event) => ({ ...event, occurred: formatTime(event.occurred) })),
  );
  if (status !== 204) throw new Error(`events were answered ${status}`);
  await app.settled();
}

/** Returns the automation and the triggering event of each firing, in their order. */
export async function firings(db: Database): Promise<{ automation: string; event: string | null; labels: string }[]> {
  const result =
    await db.execute(sql`select resource ->> '$."prefect.resource.id"', payload ->> '$.triggering_event.id', payload ->> '$.triggering_labels'
    from event where event = 'prefect.automation.triggered' order by position`);
  return result.rows.map((row) => ({
    automation: String(row[0]).slice("prefect.automation.".length),
    event: row[1] === null ? null : String(row[1]),
    labels: String(row[2]),
  }));
}

/** Returns how many rows a table has. */
export const countRows = async (db: Database, table: string): Promise<number> =>
  Number((await db.execute({ sql: `select count(*) from ${table}`, args: [] })).rows[0]?.[0]);

/** An app whose actions wait: what they write is none of the evaluation's. */
export const evaluatingApp = (changes: Partial<Deps> = {}) =>
  testApp(
    {},
    { actionSender: { busyUntil: Number.MAX_SAFE_INTEGER, woken: false, idleAt: 0, unsettled: new Map() }, ...changes },
  );

/** Returns the triggering event of each firing, in their order. */
export const firedEvents = async (app: TestApp) => (await firings(app.deps().db)).map(({ event }) => event);

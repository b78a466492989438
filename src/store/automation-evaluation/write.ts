import type { Firing } from "../../domain/automations/firing.ts";
import { heldRetention } from "../../domain/automations/held-events.ts";
import type { Changes } from "../../domain/automations/memory.ts";
import type { Event } from "../../domain/events/event.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import { insertFiring, type NewFiring } from "../automation-actions/insert.ts";
import type { Database, Sql } from "../client.ts";
import { insertEvents } from "../events/write.ts";
import { writeIf } from "../sql/guarded.ts";
import { always, type Guard, sql } from "../sql/tag.ts";
import { type Cursor, expiredBucketBuffer } from "./read.ts";

/** What an evaluator commits at once. */
export interface Evaluated {
  readonly changes: Changes;
  /** The ids of triggers whose memory may change, with their thresholds where they are Proactive. */
  readonly proactive: ReadonlyMap<string, number>;
  readonly firings: readonly NewFiring[];
  /** The events of the firings. */
  readonly events: readonly Event[];
  readonly now: Micros;
}

const isUnchanged = ({ version }: Cursor): Guard => sql`exists (select 1 from automation_cursor where version = ${version})`;

/** An event that waits from now on for the one that it follows. */
export interface NewlyWaiting {
  readonly event_id: string;
  readonly position: number;
  readonly leader: string;
  readonly received: Micros;
}

export interface Advance extends Pick<Cursor, "position" | "automation_id" | "clock"> {
  readonly waiting: readonly NewlyWaiting[];
  /** The ids of the events that were evaluated, or passed in their order. */
  readonly evaluated: readonly string[];
}

/** Commits the evaluation of events and moves the cursor; returns false, and has changed nothing, if it was moved since it was read. */
export async function commitEvents(db: Database, read: Cursor, evaluated: Evaluated, advance: Advance): Promise<boolean> {
  const { waiting, evaluated: done, clock, position, automation_id } = advance;
  const statements = [
    ...effects(evaluated),
    ...(waiting.length === 0
      ? []
      : [
          sql`insert into automation_waiting (event_id, position, leader, received)
            select w.value ->> 0, w.value ->> 1, w.value ->> 2, w.value ->> 3 from json_each(${stringifyJson(
              waiting.map((one) => [one.event_id, one.position, one.leader, one.received]),
            )}) w where true on conflict do nothing`,
        ]),
    ...(done.length === 0
      ? []
      : [
          sql`delete from automation_waiting where event_id in (select value from json_each(${stringifyJson(done)}))`,
          // More followers than one step evaluates wait no longer: the next step does.
          sql`update automation_waiting set received = 0 where leader in (select value from json_each(${stringifyJson(done)}))`,
        ]),
    sql`update automation_cursor set position = ${position}, automation_id = ${automation_id}, version = version + 1,
      time = ${clock?.time ?? null}, updated = ${clock?.updated ?? null}`,
  ];
  return (await writeIf(db, isUnchanged(read), statements)) !== null;
}

/** When a Proactive trigger is due next. */
export interface NextDue {
  readonly trigger_id: string;
  readonly due: Micros;
}

/** Commits the evaluation of Proactive triggers at a time, if nothing was changed since the cursor was read. */
export async function commitDue(db: Database, read: Cursor, evaluated: Evaluated, dues: readonly NextDue[]): Promise<boolean> {
  const ids = stringifyJson(dues.map(({ trigger_id }) => trigger_id));
  const statements = [
    sql`delete from automation_bucket where rowid in (select b.rowid from json_each(${ids}) i
      cross join automation_bucket b indexed by ix_automation_bucket__satisfied on b.trigger_id = i.value and b.satisfied = 1)`,
    ...effects(evaluated),
    sql`update automation_trigger set due = d.value ->> 1 from json_each(${stringifyJson(dues.map((one) => [one.trigger_id, one.due]))}) d
      where automation_trigger.id = d.value ->> 0 and automation_trigger.due is not null`,
    sql`update automation_cursor set version = version + 1`,
  ];
  return (await writeIf(db, isUnchanged(read), statements)) !== null;
}

function effects({ changes, proactive, firings, events, now }: Evaluated): Sql[] {
  return [
    ...changedBuckets(changes.buckets, proactive),
    ...replaced(changes.held, {
      remove: (slots) =>
        sql`delete from automation_held where (trigger_id, key) in (select value ->> 0, value ->> 1 from json_each(${slots}))`,
      put: (slots) => sql`insert into automation_held (trigger_id, key, held, until)
        select value ->> 0, value ->> 1, value ->> 2, ${now + heldRetention} from json_each(${slots})
        where true on conflict (trigger_id, key) do update set held = excluded.held, until = excluded.until`,
      values: (held) => (held.length === 0 ? null : [stringifyJson(held)]),
    }),
    ...replaced(
      changes.collected.map(({ trigger_id, firings: value }) => ({ trigger_id, key: "", value })),
      {
        remove: (slots) =>
          sql`delete from automation_collected where trigger_id in (select value ->> 0 from json_each(${slots}))`,
        put: (
          slots,
        ) => sql`insert into automation_collected (trigger_id, firings) select value ->> 0, value ->> 2 from json_each(${slots})
          where true on conflict (trigger_id) do update set firings = excluded.firings`,
        values: (collected) => (collected.length === 0 ? null : [collectedText(collected)]),
      },
    ),
    ...firings.flatMap((firing) => insertFiring(firing, always)),
    ...insertEvents(events, now),
  ];
}

/** In characters: the database takes about 5 MB a value, and one event may have 1.5 MB. */
const largestCollection = 3_000_000;

/** Returns firings as they are stored: without the payloads of their events where these are too large together. */
function collectedText(firings: readonly Firing[]): string {
  const text = stringifyJson(firings);
  return text.length <= largestCollection ? text : stringifyJson(firings.map(withoutPayload));
}

const withoutPayload = (firing: Firing): Firing => ({
  ...firing,
  triggering_event: firing.triggering_event && { ...firing.triggering_event, payload: {} },
  triggering_firings: [],
});

function changedBuckets(buckets: Changes["buckets"], proactive: ReadonlyMap<string, number>): Sql[] {
  const isSatisfied = (trigger_id: string, count: number): number => {
    const threshold = proactive.get(trigger_id);
    return threshold !== undefined && count >= threshold ? 1 : 0;
  };
  const ends = new Map<string, Micros>();
  for (const { trigger_id, value } of buckets)
    if (value !== null && proactive.has(trigger_id)) ends.set(trigger_id, Math.min(value.end, ends.get(trigger_id) ?? value.end));
  const slots = buckets.map(({ trigger_id, key, value }) => ({ trigger_id, key, value: { trigger_id, bucket: value } }));
  return [
    ...replaced(slots, {
      remove: (gone) =>
        sql`delete from automation_bucket where (trigger_id, key) in (select value ->> 0, value ->> 1 from json_each(${gone}))`,
      put: (made) => sql`insert into automation_bucket (trigger_id, key, start, "end", count, satisfied, last)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 from json_each(${made})
        where true on conflict (trigger_id, key) do update set start = excluded.start, "end" = excluded."end", count = excluded.count,
          satisfied = excluded.satisfied, last = excluded.last`,
      values: ({ trigger_id, bucket }) =>
        bucket && [
          bucket.start,
          bucket.end,
          bucket.count,
          isSatisfied(trigger_id, bucket.count),
          bucket.last === null ? null : stringifyJson(bucket.last),
        ],
    }),
    // A window that ends before its trigger is due would be noticed late, or swept before.
    ...(ends.size === 0
      ? []
      : [
          sql`update automation_trigger set due = d.value ->> 1 from json_each(${stringifyJson([...ends])}) d
            where automation_trigger.id = d.value ->> 0 and automation_trigger.due > d.value ->> 1`,
        ]),
  ];
}

/** Returns the statements that remove slots without values and store the others, each a list of its place and values. */
function replaced<T>(
  slots: readonly { readonly trigger_id: string; readonly key: string; readonly value: T }[],
  {
    remove,
    put,
    values,
  }: { remove: (slots: string) => Sql; put: (slots: string) => Sql; values: (value: T) => readonly unknown[] | null },
): Sql[] {
  const gone: unknown[] = [];
  const kept: unknown[] = [];
  for (const { trigger_id, key, value } of slots) {
    const columns = values(value);
    if (columns === null) gone.push([trigger_id, key]);
    else kept.push([trigger_id, key, ...columns]);
  }
  return [...(gone.length > 0 ? [remove(stringifyJson(gone))] : []), ...(kept.length > 0 ? [put(stringifyJson(kept))] : [])];
}

/** Deletes buckets whose windows have ended long ago, and held events that no window needs; returns how many. */
export async function sweepBuckets(
  db: Database,
  { at, now, limit }: { readonly at: Micros; readonly now: Micros; readonly limit: number },
): Promise<number> {
  const results = await db.write([
    sql`delete from automation_bucket where rowid in (select rowid from automation_bucket where "end" <= ${at - expiredBucketBuffer} order by "end" limit ${limit})`,
    sql`delete from automation_held where rowid in (select rowid from automation_held h where h.until < ${now}
      and not exists (select 1 from automation_bucket b where b.trigger_id = h.trigger_id and b.key = h.key and b."end" > ${now}) order by h.until limit ${limit})`,
    sql`update automation_cursor set version = version + 1`,
  ]);
  return results.slice(0, 2).reduce((sum, { rowsAffected }) => sum + rowsAffected, 0);
}

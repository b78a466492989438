import type { EventsClock } from "../../domain/automations/clock.ts";
import type { Remembered } from "../../domain/automations/memory.ts";
import { type Arrival, followPatience } from "../../domain/automations/ordering.ts";
import type { StoredEvent } from "../../domain/automations/stored-event.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { pageBytes } from "../slices.ts";
import { listOfIds, readCount, rowMapper } from "../sql/rows.ts";
import { flag, number, numberOrNull, only, selection, text, textOrNull } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { automationBucket, automationCollected, automationHeld } from "../tables/automation-evaluation.ts";
import { type AutomationRow, automation } from "../tables/automations.ts";
import { event } from "../tables/events.ts";
import { longestPrefix } from "./index-triggers.ts";

const bucketRow = rowMapper(automationBucket);
const heldRow = rowMapper(automationHeld);
const collectedRow = rowMapper(automationCollected);
const automationRow = rowMapper(automation);
const eventRow = rowMapper(event);

/** How far the events are evaluated. */
export interface Cursor {
  readonly position: number;
  /** Of the next event the automations up to this one are done; '' for none. */
  readonly automation_id: string;
  readonly version: number;
  readonly clock: EventsClock | null;
  /** Whether an automation is enabled. */
  readonly isWatched: boolean;
}

/** A position up to which nothing concerned any automation, as long as the cursor has this version. */
export type Passed = Pick<Cursor, "position" | "version">;

/** A new event, or one that has waited, that may concern an automation or the order of those that do. */
export interface Arrived extends Arrival {
  readonly position: number;
  readonly event: string;
  readonly hasWaited: boolean;
}

/** An event trigger that may be concerned by an event, with the size of the event in bytes. */
export interface Candidate {
  readonly position: number;
  readonly automation_id: string;
  readonly trigger_id: string;
  readonly bytes: number;
}

export interface Next {
  readonly cursor: Cursor;
  /** When the next Proactive trigger is due, null for none. */
  readonly due: Micros | null;
  /** The position that the new events are behind. */
  readonly start: number;
  /** The last of the new events that were read, and the time of the newest; null without new events. */
  readonly last: { readonly position: number; readonly occurred: Micros; readonly count: number } | null;
  readonly arrived: readonly Arrived[];
  /** Of new events first, by position and automation; the last event's are incomplete where there are as many as asked for. */
  readonly candidates: readonly Candidate[];
}

const cursorCells = selection({
  position: number("c.position"),
  automation_id: text("c.automation_id"),
  version: number("c.version"),
  time: numberOrNull("c.time"),
  updated: numberOrNull("c.updated"),
  isWatched: flag("exists (select 1 from automation_trigger_name)"),
});

function readCursor(result: Parameters<typeof cursorCells.first>[0]): Cursor {
  const row = cursorCells.first(result);
  if (row === null) throw new Error("the cursor of automations is missing");
  const { time, updated, ...cursor } = row;
  return { ...cursor, clock: time === null || updated === null ? null : { time, updated } };
}

const cursorQuery: Sql = sql`select ${cursorCells.columns} from automation_cursor c`;

const lastCells = selection({
  start: number("(select position from starts)"),
  position: numberOrNull("max(position)"),
  occurred: number("max(occurred)"),
  count: number("count(*)"),
});

const arrivedCells = selection({
  position: number("w.position"),
  id: text("w.id"),
  event: text("w.event"),
  follows: textOrNull("w.follows"),
  occurred: number("w.occurred"),
  received: number("w.received"),
  hasWaited: flag("w.waited"),
  isSettled: flag("settled"),
});

const candidateCells = selection({
  position: number("position"),
  automation_id: text("automation_id"),
  trigger_id: text("trigger_id"),
  bytes: number("bytes"),
});

export interface NextQuery {
  readonly passed: Passed | null;
  readonly now: Micros;
  /** The most new events. */
  readonly limit: number;
  readonly mostCandidates: number;
}

/** How long a bucket is kept behind the end of its window (setting `expired_bucket_buffer`). */
export const expiredBucketBuffer: Micros = 60_000_000;

const mostWaited = 200;
const prefixLengths = stringifyJson(Array.from({ length: longestPrefix + 1 }, (_, length) => length));

/** Common table expressions: the new events, and `w`: these, and those that may have waited for one of them or too long. */
function events({ passed, now, limit }: NextQuery): Sql {
  const start =
    passed === null
      ? raw("position")
      : sql`case when version = ${passed.version} then max(position, ${passed.position}) else position end`;
  const columns = (alias: string, row = alias) =>
    raw(
      `${alias}.position, ${alias}.id, ${alias}.event, ${alias}.resource_id, ${alias}.follows, ${alias}.occurred, ${row}.received`,
    );
  return sql`with recursive
    starts(position) as materialized (select ${start} from automation_cursor),
    fresh as materialized (select ${columns("e")} from event e where e.position > (select position from starts) order by e.position limit ${limit}),
    waiters(id, received, depth) as (
      select event_id, received, 0 from (select event_id, received from automation_waiting where received <= ${now - followPatience} order by received limit ${mostWaited})
      union all select a.event_id, a.received, 1 from fresh f cross join automation_waiting a on a.leader = f.id
      union all select a.event_id, a.received, depth + 1 from waiters b cross join automation_waiting a on a.leader = b.id where depth < 20
      limit ${mostWaited}),
    w as materialized (select f.*, 0 as waited from fresh f
      union all select ${columns("e", "b")}, 1 from (select distinct id, received from waiters) b cross join event e on e.id = b.id),
    named as materialized (select distinct event from w where event <> 'prefect.log.write'),
    hit as materialized (
      select event, 0 as wild, event as name from named n where exists (select 1 from automation_trigger_name t where t.wild = 0 and t.name = n.event)
      union all select event, 1, substr(event, 1, p.value) from named n cross join json_each(${prefixLengths}) p
        where p.value <= length(event) and exists (select 1 from automation_trigger_name t where t.wild = 1 and t.name = substr(n.event, 1, p.value)))`;
}

/** Returns the statement for the events that may concern an automation, or the order of those that do. */
const arrivedQuery = (query: NextQuery): Sql => sql`${events(query)}
  select ${arrivedCells.columns} from (
    select w.*, w.follows is null or exists (select 1 from event e where e.id = w.follows and e.position <= (select position from starts)
      and not exists (select 1 from automation_waiting a where a.event_id = e.id)) as settled from w) w
  where w.waited = 1 or settled = 0 or w.event in (select event from hit) or w.id in (select follows from fresh)
    or exists (select 1 from automation_waiting a where a.leader = w.id)
  order by w.position`;

/** Returns the statement for the triggers that may be concerned, found by keys alone. */
const candidatesQuery = (query: NextQuery): Sql => sql`${events(query)}
  select ${candidateCells.columns} from (
    select w.position, w.waited, t.automation_id, t.trigger_id,
      octet_length(e.resource) + octet_length(e.related) + octet_length(e.payload) as bytes
    from w cross join hit h on h.event = w.event cross join event e on e.position = w.position
    cross join json_each((select json_group_array(v) from (select '' as v union select w.resource_id
      union select r.value ->> '$."prefect.resource.id"' from json_each(e.related) r))) i
    cross join automation_trigger_name t on t.wild = h.wild and t.name = h.name and t.resource_id = i.value
    cross join automation_trigger g on g.id = t.trigger_id and g.since < w.position
    where w.position <> (select min(position) from fresh) or t.automation_id > (select automation_id from automation_cursor))
  group by waited, position, automation_id, trigger_id order by waited, position, automation_id, trigger_id limit ${query.mostCandidates}`;

const nextDue = only(numberOrNull("min(due)"));
const dueQuery = sql`select ${nextDue.columns} from automation_trigger where due is not null`;

/** Returns the statements of `readNext`. */
export const nextQueries = (query: NextQuery): readonly Sql[] => [
  cursorQuery,
  sql`${events(query)} select ${lastCells.columns} from fresh`,
  dueQuery,
  arrivedQuery(query),
  candidatesQuery(query),
];

/** Reads the next events behind the cursor, without their contents. */
export async function readNext(db: Database, query: NextQuery): Promise<Next> {
  const [cursor, last, due, arrived, candidates] = await db.read(nextQueries(query));
  const end = lastCells.first(last);
  return {
    cursor: readCursor(cursor),
    due: nextDue.first(due),
    start: end?.start ?? 0,
    last: end === null || end.position === null ? null : { ...end, position: end.position },
    arrived: arrivedCells.rows(arrived),
    candidates: candidateCells.rows(candidates),
  };
}

const causeCells = selection({ position: number("position"), resource_id: text("resource_id") });

/** The events of firings that an event was caused by, itself included: what is behind it in `related`. */
const causesQuery = (positions: readonly number[]): Sql => sql`with recursive cause(position, id, resource_id) as (
    select e.position, e.id, e.resource_id from json_each(${stringifyJson(positions)}) p cross join event e on e.position = p.value
    union select c.position, e.id, e.resource_id from cause c cross join event b on b.id = c.id cross join json_each(b.related) r
      cross join event e on e.id = substr(r.value ->> '$."prefect.resource.id"', 15)
      where r.value ->> '$."prefect.resource.role"' in ('triggering-event', 'automation-triggered-event')
    limit 2000)
  select distinct ${causeCells.columns} from cause where resource_id like 'prefect.automation.%' order by position, resource_id`;

export interface Contents {
  readonly events: ReadonlyMap<number, StoredEvent>;
  readonly automations: readonly AutomationRow[];
  /** The resource ids of the automations that have caused an event, by its position. */
  readonly causes: ReadonlyMap<number, ReadonlySet<string>>;
}

/** Reads the events at these positions and automations, and what some of the events were caused by. */
export async function readContents(
  db: Database,
  wanted: { readonly positions: readonly number[]; readonly caused: readonly number[]; readonly automations: readonly string[] },
): Promise<Contents> {
  const [events, automations, causes] = await db.read(
    [
      sql`select ${eventRow.columns("e")} from json_each(${stringifyJson(wanted.positions)}) p cross join event e on e.position = p.value order by e.position`,
      sql`select ${automationRow.columns("a")} from (${listOfIds(wanted.automations)}) i cross join automation a on a.id = i.value order by a.id`,
      causesQuery(wanted.caused),
    ],
    { most: 3 * pageBytes },
  );
  const caused = Map.groupBy(causeCells.rows(causes), ({ position }) => position);
  return {
    events: new Map(eventRow.rows(events).map((row) => [row.position, row])),
    automations: automationRow.rows(automations),
    causes: new Map([...caused].map(([position, rows]) => [position, new Set(rows.map((row) => row.resource_id))])),
  };
}

export interface MemoryKeys {
  /** Trigger ids with the keys of their buckets. */
  readonly slots: readonly (readonly [triggerId: string, key: string])[];
  /** The ids of composite triggers. */
  readonly composites: readonly string[];
}

const memoryQueries = ({ slots, composites }: MemoryKeys): Sql[] => {
  const places = stringifyJson(slots);
  return [
    sql`select ${bucketRow.columns("b")} from json_each(${places}) s cross join automation_bucket b on b.trigger_id = s.value ->> 0 and b.key = s.value ->> 1 order by s.key`,
    sql`select ${heldRow.columns("h")} from json_each(${places}) s cross join automation_held h on h.trigger_id = s.value ->> 0 and h.key = s.value ->> 1 order by s.key`,
    sql`select ${collectedRow.columns("c")} from (${listOfIds(composites)}) i cross join automation_collected c on c.trigger_id = i.value order by c.trigger_id`,
  ];
};

function readRemembered([buckets, held, collected]: readonly Parameters<typeof bucketRow.rows>[0][]): Remembered {
  return {
    buckets: bucketRow.rows(buckets).map(({ trigger_id, key, ...value }) => ({ trigger_id, key, value })),
    held: heldRow.rows(held).map(({ trigger_id, key, held: value }) => ({ trigger_id, key, value })),
    collected: collectedRow.rows(collected),
  };
}

/** Reads what triggers remember; no round trip for nothing. */
export async function readMemory(db: Database, keys: MemoryKeys): Promise<Remembered> {
  if (keys.slots.length === 0 && keys.composites.length === 0) return { buckets: [], held: [], collected: [] };
  return readRemembered(await db.read(memoryQueries(keys), { most: 3 * pageBytes }));
}

/** Reads the clock of events, and whether there is anything to sweep, so that an idle tick writes nothing. */
export async function readSweep(db: Database, now: Micros): Promise<{ readonly cursor: Cursor; readonly isNeeded: boolean }> {
  const [cursor, needed] = await db.read([
    cursorQuery,
    sql`select exists (select 1 from automation_bucket where "end" <= ${now - expiredBucketBuffer}) or exists (select 1 from automation_held where until < ${now})`,
  ]);
  return { cursor: readCursor(cursor), isNeeded: readCount(needed) === 1 };
}

const dueCells = selection({ trigger_id: text("g.id"), automation: automationRow.cells("a") });

export interface DueTrigger {
  readonly trigger_id: string;
  readonly automation: AutomationRow;
}

/** Reads the Proactive triggers that are due, the longest first, and the cursor. */
export async function readDue(
  db: Database,
  { now, limit }: { readonly now: Micros; readonly limit: number },
): Promise<{ readonly cursor: Cursor; readonly due: readonly DueTrigger[] }> {
  const [cursor, due] = await db.read(
    [
      cursorQuery,
      sql`select ${dueCells.columns} from automation_trigger g cross join automation a on a.id = g.automation_id where g.due <= ${now} order by g.due, g.id limit ${limit}`,
    ],
    { most: 3 * pageBytes },
  );
  return { cursor: readCursor(cursor), due: dueCells.rows(due) };
}

const endCells = selection({ trigger_id: text("i.value"), end: numberOrNull("e") });

export interface Ended {
  readonly remembered: Remembered;
  /** When the next of a trigger's other windows ends. */
  readonly next: ReadonlyMap<string, Micros>;
  /** Where there are more ended windows than were read: the last trigger of which some were. */
  readonly last: string | null;
}

/** Reads the windows of triggers that have ended, at most `limit`, the single window of those without `for_each`, and what comes next. */
export async function readEnded(
  db: Database,
  query: { readonly triggers: readonly string[]; readonly at: Micros; readonly limit: number } & MemoryKeys,
): Promise<Ended> {
  const ids = listOfIds(query.triggers);
  const [ended, next, ...others] = await db.read(
    [
      sql`select ${bucketRow.columns("b")} from json_each(${stringifyJson(query.triggers)}) i cross join automation_bucket b indexed by ix_automation_bucket__trigger_id_end
        on b.trigger_id = i.value and b.satisfied = 0 and b."end" <= ${query.at} order by i.key, b."end", b.key limit ${query.limit}`,
      sql`select ${endCells.columns} from (select value, (select min("end") from automation_bucket b indexed by ix_automation_bucket__trigger_id_end
        where b.trigger_id = i.value and b.satisfied = 0 and b."end" > ${query.at}) as e from (${ids}) i) i order by i.value`,
      ...memoryQueries(query),
    ],
    { most: 3 * pageBytes },
  );
  const remembered = readRemembered(others);
  const known = readRemembered([ended, undefined, undefined]).buckets;
  return {
    remembered: { ...remembered, buckets: [...remembered.buckets, ...known] },
    last: known.length < query.limit ? null : (known.at(-1)?.trigger_id ?? null),
    next: new Map(endCells.rows(next).flatMap(({ trigger_id, end }) => (end === null ? [] : [[trigger_id, end] as const]))),
  };
}

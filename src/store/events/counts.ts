import type { ResolvedEventFilter } from "../../domain/events/filter.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { number, selection, text } from "../sql/selection.ts";
import { nothing, raw, sql } from "../sql/tag.ts";
import { storedEventCondition } from "./filter.ts";

/** The number of events with one value, its label, and the times of the first and the last of them. */
export interface ValueCount {
  readonly value: string;
  readonly label: string;
  readonly count: number;
  readonly first: Micros;
  readonly last: Micros;
}

const valueCounts = (label: Sql) =>
  selection({
    value: text("value"),
    label: text(sql`${label} as label`),
    count: number("count"),
    first: number("first"),
    last: number("last"),
  });

/** Returns the statement that counts matching events by name, or by primary resource, labelled with its latest name. */
export function countByQuery(what: "event" | "resource", filter: ResolvedEventFilter): Sql {
  const where = storedEventCondition(filter);
  const column = raw(what === "event" ? "e.event" : "e.resource_id");
  const groups = sql`select ${column} as value, count(*) as count, min(e.occurred) as first, max(e.occurred) as last
    from event e where ${where} group by ${column}`;
  if (what === "event") return sql`select ${valueCounts(raw("value")).columns} from (${groups}) order by count desc, label`;
  const name = sql`(select coalesce(e.resource ->> '$."prefect.resource.name"', e.resource ->> '$."prefect.name"', e.resource_id)
    from event e where e.resource_id = g.value and ${where} order by e.occurred desc, e.position desc limit 1)`;
  return sql`select ${valueCounts(name).columns} from (${groups}) g order by count desc, label`;
}

/** Returns the number of matching events for each name or resource, the most frequent first. */
export async function countEventsBy(
  db: Database,
  what: "event" | "resource",
  filter: ResolvedEventFilter,
): Promise<ValueCount[]> {
  return valueCounts(nothing).rows(await db.execute(countByQuery(what, filter)));
}

// Numbers are bound as floats, but the division has to be of integers.
const bucketIndex = (start: Micros, length: Micros) =>
  selection({
    index: number(sql`(e.occurred - cast(${start} as integer)) / cast(${length} as integer) as bucket`),
    count: number("count(*)"),
  });

/** Returns the statement that counts matching events by time bucket. */
export function countByTimeQuery(filter: ResolvedEventFilter, { start, length }: { start: Micros; length: Micros }): Sql {
  const where = storedEventCondition(filter);
  return sql`select ${bucketIndex(start, length).columns} from event e where ${where} group by bucket`;
}

/** Returns the number of matching events in each bucket of this length from `start` on, by the bucket's index. */
export async function countEventsByTime(
  db: Database,
  filter: ResolvedEventFilter,
  stretch: { start: Micros; length: Micros },
): Promise<Map<number, number>> {
  const counts = bucketIndex(stretch.start, stretch.length).rows(await db.execute(countByTimeQuery(filter, stretch)));
  return new Map(counts.map(({ index, count }) => [index, count]));
}

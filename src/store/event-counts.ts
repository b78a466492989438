import type { ResolvedEventFilter } from "../domain/events/filter.ts";
import type { Micros } from "../schemas/time.ts";
import type { Database, Sql } from "./client.ts";
import { storedEventCondition } from "./events-filter.ts";
import { sql } from "./sql/tag.ts";

/** How many events share a value, what it is called, and when the first and the last of them occurred. */
export interface ValueCount {
  readonly value: string;
  readonly label: string;
  readonly count: number;
  readonly first: Micros;
  readonly last: Micros;
}

/** Returns the statement that counts matching events by their name, or by their primary resource, which is called as it was last. */
export function countByQuery(what: "event" | "resource", filter: ResolvedEventFilter): Sql {
  const where = storedEventCondition(filter);
  const column = what === "event" ? "e.event" : "e.resource_id";
  const groups = `select ${column} as value, count(*) as count, min(e.occurred) as first, max(e.occurred) as last
    from event e where ${where.sql} group by ${column}`;
  if (what === "event")
    return {
      sql: `select value, value as label, count, first, last from (${groups}) order by count desc, label`,
      args: where.args,
    };
  const name = `(select coalesce(e.resource ->> '$."prefect.resource.name"', e.resource ->> '$."prefect.name"', e.resource_id)
    from event e where e.resource_id = g.value and ${where.sql} order by e.occurred desc, e.position desc limit 1)`;
  return {
    sql: `select value, ${name} as label, count, first, last from (${groups}) g order by count desc, label`,
    args: [...where.args, ...where.args],
  };
}

/** Returns how many matching events there are for each name or resource, the most frequent first. */
export async function countEventsBy(
  db: Database,
  what: "event" | "resource",
  filter: ResolvedEventFilter,
): Promise<ValueCount[]> {
  const { rows } = await db.execute(countByQuery(what, filter));
  return rows.map((row) => ({
    value: String(row[0]),
    label: String(row[1]),
    count: Number(row[2]),
    first: Number(row[3]),
    last: Number(row[4]),
  }));
}

/** Returns the statement that counts matching events by stretches of time. */
export function countByTimeQuery(filter: ResolvedEventFilter, { start, length }: { start: Micros; length: Micros }): Sql {
  const where = storedEventCondition(filter);
  // Numbers are bound as floating ones: the division has to be of whole numbers.
  return sql`select (e.occurred - cast(${start} as integer)) / cast(${length} as integer) as bucket, count(*) from event e where ${where} group by bucket`;
}

/** Returns how many matching events occurred in each stretch of this length from `start` on, by its number. */
export async function countEventsByTime(
  db: Database,
  filter: ResolvedEventFilter,
  stretch: { start: Micros; length: Micros },
): Promise<Map<number, number>> {
  const { rows } = await db.execute(countByTimeQuery(filter, stretch));
  return new Map(rows.map((row) => [Number(row[0]), Number(row[1])]));
}

import type { ResolvedEventFilter } from "../../domain/events/filter.ts";
import type { Database, Sql } from "../client.ts";
import { type List, listOfChosen, type NewRows, pageBytes, type Read, readAsManyAsFit, readList, rowsOf } from "../slices.ts";
import { readCount, rowMapper } from "../sql/rows.ts";
import { joined, nothing, raw, sql } from "../sql/tag.ts";
import { type EventRow, event } from "../tables/events.ts";
import { liveEventCondition, storedEventCondition } from "./filter.ts";
import { eventPositionsQuery } from "./page.ts";

const events = rowMapper(event);

const orders = {
  ASC: (alias: string) => `${alias}.occurred, ${alias}.position`,
  DESC: (alias: string) => `${alias}.occurred desc, ${alias}.position desc`,
};

/** The place of an event in an ordered list. */
export type EventPosition = Pick<EventRow, "occurred" | "position">;

interface EventList {
  readonly filter: ResolvedEventFilter;
  readonly limit: number;
  /** Only events after this position of the list. */
  readonly after?: EventPosition | undefined;
  /** Only events up to this position of arrival. */
  readonly upTo?: number | undefined;
}

/** Returns a page of the events that match: first selects positions, then reads the rows of these. */
function eventList({ filter, limit, after, upTo }: EventList): List<EventRow> {
  const order = orders[filter.order];
  const further = raw(filter.order === "ASC" ? ">" : "<");
  const behind = joined(
    [
      after === undefined ? nothing : sql` and (e.occurred, e.position) ${further} (${after.occurred}, ${after.position})`,
      upTo === undefined ? nothing : sql` and e.position <= ${upTo}`,
    ],
    "",
  );
  const chosen = eventPositionsQuery(filter, { behind, order: order("e"), limit });
  return listOfChosen(chosen, { ...rowsOf(events, "f", "position"), order: order("f") });
}

/** Returns the statement for a page of the events that match. */
export const eventListQuery = (list: EventList): Sql => eventList(list).rows;

/** Returns the statement that counts the events that match, or with `distinct` their resources. */
export function eventTotalQuery(filter: ResolvedEventFilter): Sql {
  const where = storedEventCondition(filter);
  const what = raw(filter.resource?.distinct === true ? "count(distinct e.resource_id)" : "count(*)");
  return sql`select ${what} from event e where ${where}`;
}

/** Returns a page of the events that match. */
export const listEvents = (db: Database, list: EventList): Promise<Read<EventRow>> => readList(db, eventList(list));

/** Returns the first page of the events that match and the total number. */
export async function firstEvents(
  db: Database,
  list: { filter: ResolvedEventFilter; limit: number },
): Promise<Read<EventRow> & { total: number }> {
  const page = await readList(db, eventList(list), eventTotalQuery(list.filter));
  return { ...page, total: readCount(page.beside[0]) };
}

const newest: Sql = sql`select max(position) from event`;

/** Returns the position of the newest event, 0 if there is none. */
export async function lastEventPosition(db: Database): Promise<number> {
  return readCount(await db.execute(newest));
}

/**
 * Returns the statement for events after a position in order of arrival; `not indexed` restricts the planner to the primary key.
 */
export function arrivedEventsQuery({ filter, after, limit }: { filter: ResolvedEventFilter; after: number; limit: number }): Sql {
  const where = liveEventCondition(filter);
  return sql`select ${events.columns("e")} from event e not indexed where e.position > ${after} and ${where} order by e.position limit ${limit}`;
}

/** Returns the events after a position that match, in order of arrival, and the position up to which they are complete. */
export async function eventsAfter(
  db: Database,
  query: { filter: ResolvedEventFilter; after: number; limit: number },
): Promise<NewRows<EventRow>> {
  return readAsManyAsFit(query.limit, async (limit) => {
    const [found, last] = await db.read([arrivedEventsQuery({ ...query, limit }), newest], { most: pageBytes });
    const rows = events.rows(found);
    const more = rows.length === limit;
    return { rows, more, position: more ? (rows.at(-1)?.position ?? query.after) : Math.max(query.after, readCount(last)) };
  });
}

import type { Micros } from "../../lib/time.ts";
import type { LogFilter } from "../../schemas/filters/logs.ts";
import type { Database, Sql } from "../client.ts";
import { type NewRows, pageBytes, readAsManyAsFit } from "../slices.ts";
import { readCount } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { LogRow } from "../tables/logs.ts";
import { fieldConditions, joinWith } from "./filter.ts";
import { logs } from "./rows.ts";

/** Returns the position of the newest log, 0 if there is none. */
export async function lastLogPosition(db: Database): Promise<number> {
  return readCount(await db.execute(newest));
}

const newest: Sql = sql`select max(position) from log`;

// The maximum number of logs that a reconnecting stream goes back.
const maximumLookBack = 1_000;

/** Returns the position before the logs that were stored since a time, among the newest thousand. */
export async function logPositionAt(db: Database, since: Micros): Promise<number> {
  const position = await db.execute(sql`select coalesce(min(case when created >= ${since} then position - 1 end), max(position))
      from (select position, created from log order by position desc limit ${maximumLookBack})`);
  return readCount(position);
}

/**
 * Returns the logs after a position that match, in order of arrival, and the position up to which they are complete. The search
 * text and `or_` are ignored, as in the reference (`prefect/server/logs/stream.py log_matches_filter`).
 */
export async function logsAfter(
  db: Database,
  { filter, after, limit }: { filter: LogFilter; after: number; limit: number },
): Promise<NewRows<LogRow>> {
  const where = joinWith(" and ", fieldConditions(filter));
  // `not indexed` restricts the planner to the primary key: there are few new logs.
  return readAsManyAsFit(limit, async (most) => {
    const page: Sql = sql`select ${logs.columns("l")} from log l not indexed where l.position > ${after} and ${where} order by l.position limit ${most}`;
    const [found, last] = await db.read([page, newest], { most: pageBytes });
    const rows = logs.rows(found);
    const more = rows.length === most;
    return { rows, more, position: more ? (rows.at(-1)?.position ?? after) : Math.max(after, readCount(last)) };
  });
}

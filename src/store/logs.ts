import { parseTextQuery } from "../domain/text-search.ts";
import { stringifyJson } from "../lib/json.ts";
import type { Rows } from "../lib/rows.ts";
import type { Micros } from "../lib/time.ts";
import type { LogFilter } from "../schemas/filters/logs.ts";
import type { LogCreate, LogSort } from "../schemas/logs.ts";
import type { Database, ResultSet, Sql } from "./client.ts";
import { listOfMatching, type NewRows, pageBytes, readAsManyAsFit, readRows, rowsOf } from "./slices.ts";
import { readCount, rowMapper } from "./sql/rows.ts";
import { only, text } from "./sql/selection.ts";
import { joined, raw, sql } from "./sql/tag.ts";
import { searchConditions } from "./sql/text-search.ts";
import { type LogRow, log } from "./tables/logs.ts";

const logs = rowMapper(log);

/** The maximum size of a statement's value, in characters: the database accepts about 5 MB. */
const groupSize = 2_000_000;

/** Stores logs in their order, all or none; one statement per two million characters. */
export async function insertLogs(
  db: Database,
  created: readonly LogCreate[],
  { now, newId }: { now: Micros; newId: () => string },
): Promise<void> {
  if (created.length === 0) return;
  const groups: string[][] = [[]];
  let size = 0;
  for (const one of created) {
    const text = stringifyJson([newId(), one.name, one.level, one.message, one.timestamp, one.flow_run_id, one.task_run_id]);
    if (size + text.length > groupSize && size > 0) {
      groups.push([]);
      size = 0;
    }
    size += text.length;
    groups.at(-1)?.push(text);
  }
  await db.write(groups.map((group) => insertGroup(now, `[${group.join(",")}]`)));
}

const insertGroup = (
  now: Micros,
  list: string,
): Sql => sql`insert into log (created, id, name, level, message, timestamp, flow_run_id, task_run_id)
  select ${now}, l.value ->> 0, l.value ->> 1, l.value ->> 2, l.value ->> 3, l.value ->> 4, l.value ->> 5, l.value ->> 6
  from json_each(${list}) l order by l.key`;

const orders: Record<LogSort, string> = {
  TIMESTAMP_ASC: "l.timestamp, l.position",
  TIMESTAMP_DESC: "l.timestamp desc, l.position desc",
};

interface LogList {
  readonly filter: LogFilter | undefined;
  readonly sort: LogSort;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the logs that match, in the order of the sort; logs of equal time in order of arrival. */
export const listLogs = (db: Database, { filter, sort, limit, offset }: LogList): Promise<Rows<LogRow>> =>
  readRows(
    db,
    listOfMatching({ where: logCondition(filter), limit, offset }, { ...rowsOf(logs, "l", "position"), order: orders[sort] }),
  );

/** The position of a log in a run's logs by time. */
export type LogPosition = Pick<LogRow, "timestamp" | "position">;

/** A page of a flow run's logs by time, and whether more may follow. */
export interface LogPart {
  readonly rows: LogRow[];
  readonly more: boolean;
}

const runName = only(text("name"));

/**
 * Returns the name of a flow run and the first page of its logs by time, null if there is no such run; one round trip unless they
 * are large.
 */
export async function startLogsOfFlowRun(
  db: Database,
  flow_run_id: string,
  limit: number,
): Promise<({ name: string } & LogPart) | null> {
  const first = { timestamp: Number.MIN_SAFE_INTEGER, position: 0 };
  const named = sql`select ${runName.columns} from flow_run where id = ${flow_run_id}`;
  return readAsManyAsFit(limit, async (most) => {
    const [run, rows] = await db.read([named, logsOfFlowRun(flow_run_id, first, most)], { most: pageBytes });
    const name = runName.first(run);
    return name === null ? null : { name, ...partOf(rows, most) };
  });
}

/** Returns the next page of a flow run's logs after a position; shorter than the limit where they are large. */
export const continueLogsOfFlowRun = (db: Database, flow_run_id: string, after: LogPosition, limit: number): Promise<LogPart> =>
  readAsManyAsFit(limit, async (most) => {
    const [rows] = await db.read([logsOfFlowRun(flow_run_id, after, most)], { most: pageBytes });
    return partOf(rows, most);
  });

function partOf(result: ResultSet | undefined, most: number): LogPart {
  const rows = logs.rows(result);
  return { rows, more: rows.length === most };
}

const logsOfFlowRun = (
  flow_run_id: string,
  after: LogPosition,
  limit: number,
): Sql => sql`select ${logs.columns("l")} from log l where l.flow_run_id = ${flow_run_id} and (l.timestamp, l.position) > (${after.timestamp}, ${after.position})
    order by l.timestamp, l.position limit ${limit}`;

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

function logCondition(filter: LogFilter | undefined): Sql {
  if (filter === undefined) return sql`1`;
  const search =
    filter.text === undefined ? [] : searchConditions("(l.message || ' ' || l.name)", parseTextQuery(filter.text.query));
  const conditions = [...fieldConditions(filter), ...search];
  return joinWith(filter.operator === "or_" ? " or " : " and ", conditions);
}

// A member without conditions is true: with `or_` every log matches.
function fieldConditions({ level, timestamp, flow_run_id, task_run_id }: LogFilter): Sql[] {
  return [
    level && all([bound("l.level >=", level.ge_), bound("l.level <=", level.le_)]),
    timestamp && all([bound("l.timestamp <=", timestamp.before_), bound("l.timestamp >=", timestamp.after_)]),
    flow_run_id && all([oneOf("l.flow_run_id", flow_run_id.any_)]),
    task_run_id && all([oneOf("l.task_run_id", task_run_id.any_), nullness("l.task_run_id", task_run_id.is_null_)]),
  ].filter((condition) => condition !== undefined);
}

const all = (parts: readonly (Sql | null)[]): Sql =>
  joinWith(
    " and ",
    parts.filter((part) => part !== null),
  );

const bound = (compared: string, value: number | undefined): Sql | null =>
  value === undefined ? null : sql`${raw(compared)} ${value}`;

function oneOf(column: string, values: readonly string[] | undefined): Sql | null {
  const [first, second] = values ?? [];
  if (values === undefined) return null;
  if (first !== undefined && second === undefined) return sql`${raw(column)} = ${first}`;
  return sql`${raw(column)} in (select value from json_each(${stringifyJson(values)}))`;
}

const nullness = (column: string, wanted: boolean | undefined): Sql | null =>
  wanted === undefined ? null : sql`${raw(column)} is ${raw(wanted ? "" : "not ")}null`;

function joinWith(word: string, parts: readonly Sql[]): Sql {
  if (parts.length === 0) return sql`1`;
  return sql`(${joined(parts, word)})`;
}

import type { Rows } from "../../lib/rows.ts";
import type { LogFilter } from "../../schemas/filters/logs.ts";
import type { LogSort } from "../../schemas/logs.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { listOfMatching, pageBytes, readAsManyAsFit, readRows, rowsOf } from "../slices.ts";
import { only, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import type { LogRow } from "../tables/logs.ts";
import { logCondition } from "./filter.ts";
import { logs } from "./rows.ts";

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

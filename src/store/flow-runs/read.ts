import type { Predicate } from "../../filters/predicate.ts";
import type { FlowRunSort } from "../../schemas/sorting.ts";
import type { Database, Sql } from "../client.ts";
import { packRow, readCount } from "../rows.ts";
import { orderFlowRuns } from "../sql/order.ts";
import { flowRunCountQuery, flowRunIdsQuery } from "../sql/page.ts";
import { flowRunColumns, flowRunJoins, readStoredFlowRuns, type StoredFlowRun, unpackStoredFlowRuns } from "./select.ts";

export interface FlowRunList {
  readonly where: Predicate;
  readonly sort: FlowRunSort;
  readonly limit: number;
  readonly offset: number;
}

/** The statement that reads one flow run by its id. */
export const selectFlowRun = (id: string): Sql => ({
  sql: `select ${flowRunColumns} from flow_run r ${flowRunJoins} where r.id = ?`,
  args: [id],
});

/** Returns the flow run, or null. */
export async function readFlowRun(db: Database, id: string): Promise<StoredFlowRun | null> {
  return readStoredFlowRuns(await db.execute(selectFlowRun(id)))[0] ?? null;
}

/** Returns the flow runs that match, in the order of the sort. */
export async function listFlowRuns(db: Database, list: FlowRunList): Promise<StoredFlowRun[]> {
  return unpackStoredFlowRuns(await db.execute(selectFlowRuns(list)));
}

/** Returns the ids of the flow runs that match, in the order of the sort. */
export async function listFlowRunIds(db: Database, list: FlowRunList): Promise<string[]> {
  return (await db.execute(selectFlowRunIds(list))).rows.map((row) => String(row[0]));
}

/** Returns a part of the flow runs that match and how many match in all. */
export async function pageFlowRuns(db: Database, list: FlowRunList): Promise<{ rows: StoredFlowRun[]; count: number }> {
  const [rows, count] = await db.read([selectFlowRuns(list), countStatement(list.where)]);
  return { rows: unpackStoredFlowRuns(rows), count: readCount(count) };
}

/** Returns how many flow runs match. */
export async function countFlowRuns(db: Database, where: Predicate): Promise<number> {
  return readCount(await db.execute(countStatement(where)));
}

const countStatement = (where: Predicate): Sql => flowRunCountQuery({ where });

/** The statement that gives the ids of the flow runs that match. */
export const selectFlowRunIds = (list: FlowRunList): Sql => flowRunIdsQuery(list);

// The page is chosen on bare ids, so that a sort does not carry the wide rows and their joins along.
function selectFlowRuns(list: FlowRunList): Sql {
  const chosen = selectFlowRunIds(list);
  return {
    sql: `select ${packRow(flowRunColumns)} from (${chosen.sql}) chosen cross join flow_run r on r.id = chosen.id ${flowRunJoins}
      order by ${orderFlowRuns(list.sort, "r")}`,
    args: chosen.args,
  };
}

import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { FlowRunSort } from "../../schemas/sorting.ts";
import type { Database, Sql } from "../client.ts";
import { readCount } from "../rows.ts";
import { readSizedCount, readSizedList, type Sized } from "../sized-lists.ts";
import { type List, listOfChosen } from "../slices.ts";
import { orderFlowRuns } from "../sql/order.ts";
import { flowRunCountQuery, flowRunIdsQuery } from "../sql/page.ts";
import { raw, sql } from "../sql/tag.ts";
import { flowRunColumns, flowRunJoins, flowRunParts, readStoredFlowRuns, type StoredFlowRun } from "./select.ts";

export interface FlowRunList {
  readonly where: Predicate;
  readonly sort: FlowRunSort;
  readonly limit: number;
  readonly offset: number;
}

/** The statement that reads one flow run by its id. */
export const selectFlowRun = (id: string): Sql =>
  sql`select ${raw(flowRunColumns)} from flow_run r ${raw(flowRunJoins)} where r.id = ${id}`;

/** Returns the flow run, or null. */
export async function readFlowRun(db: Database, id: string): Promise<StoredFlowRun | null> {
  return readStoredFlowRuns(await db.execute(selectFlowRun(id)))[0] ?? null;
}

/** Returns the flow runs that match, in the order of the sort. */
export const listFlowRuns = (db: Database, list: FlowRunList): Promise<Rows<StoredFlowRun>> =>
  readSizedList({ db, list: (isSmall) => selectFlowRuns(list, isSmall) }).then(({ rows }) => rows);

/** Returns the ids of the flow runs that match, in the order of the sort. */
export async function listFlowRunIds(db: Database, list: FlowRunList): Promise<string[]> {
  return (await db.execute(selectFlowRunIds(list))).rows.map((row) => String(row[0]));
}

/** Returns a part of the flow runs that match and how many match in all. */
export async function pageFlowRuns(db: Database, list: FlowRunList): Promise<{ rows: Rows<StoredFlowRun>; count: number }> {
  const { rows, beside } = await readSizedList(
    { db, list: (isSmall) => selectFlowRuns(list, isSmall) },
    countStatement(list.where),
  );
  return { rows, count: readCount(beside[0]) };
}

/** Returns how many flow runs match. */
export const countFlowRuns = (db: Database, where: Predicate): Promise<number> => readSizedCount(db, countStatement(where));

const countStatement =
  (where: Predicate): Sized<Sql> =>
  (isSmall) =>
    flowRunCountQuery({ where, isSmall });

/** The statement that gives the ids of the flow runs that match. */
export const selectFlowRunIds = (list: FlowRunList): Sql => flowRunIdsQuery(list);

const selectFlowRuns = (list: FlowRunList, isSmall: boolean): List<StoredFlowRun> =>
  listOfChosen(flowRunIdsQuery({ ...list, isSmall }), { ...flowRunParts, order: orderFlowRuns(list.sort, "r") });

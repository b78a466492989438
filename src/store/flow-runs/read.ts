import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { FlowRunSort } from "../../schemas/sorting.ts";
import type { Database, Sql } from "../client.ts";
import { readSizedCount, readSizedList, type Sized } from "../sized-lists.ts";
import { type List, listOfChosen } from "../slices.ts";
import { orderFlowRuns } from "../sql/order.ts";
import { flowRunCountQuery, flowRunIdsQuery } from "../sql/page.ts";
import { readCount, readIds } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { flowRunJoins, flowRunParts, type StoredFlowRun, storedFlowRuns } from "./rows.ts";

export interface FlowRunList {
  readonly where: Predicate;
  readonly sort: FlowRunSort;
  readonly limit: number;
  readonly offset: number;
}

/** The statement that reads one flow run by its id. */
export const selectFlowRun = (id: string): Sql =>
  sql`select ${storedFlowRuns.columns} from flow_run r ${flowRunJoins} where r.id = ${id}`;

/** Returns the flow run, or null. */
export async function readFlowRun(db: Database, id: string): Promise<StoredFlowRun | null> {
  return storedFlowRuns.first(await db.execute(selectFlowRun(id)));
}

/** Returns the flow runs that match, in the order of the sort. */
export const listFlowRuns = (db: Database, list: FlowRunList): Promise<Rows<StoredFlowRun>> =>
  readSizedList({ db, list: (isSmall) => selectFlowRuns(list, isSmall) }).then(({ rows }) => rows);

/** Returns the ids of the flow runs that match, in the order of the sort. */
export async function listFlowRunIds(db: Database, list: FlowRunList): Promise<string[]> {
  return readIds(await db.execute(selectFlowRunIds(list)));
}

/** Returns a page of the flow runs that match and the total number. */
export async function pageFlowRuns(db: Database, list: FlowRunList): Promise<{ rows: Rows<StoredFlowRun>; count: number }> {
  const { rows, beside } = await readSizedList(
    { db, list: (isSmall) => selectFlowRuns(list, isSmall) },
    countStatement(list.where),
  );
  return { rows, count: readCount(beside[0]) };
}

/** Returns the number of flow runs that match. */
export const countFlowRuns = (db: Database, where: Predicate): Promise<number> => readSizedCount(db, countStatement(where));

const countStatement =
  (where: Predicate): Sized<Sql> =>
  (isSmall) =>
    flowRunCountQuery({ where, isSmall });

/** The statement that selects the ids of the flow runs that match. */
export const selectFlowRunIds = (list: FlowRunList): Sql => flowRunIdsQuery(list);

const selectFlowRuns = (list: FlowRunList, isSmall: boolean): List<StoredFlowRun> =>
  listOfChosen(flowRunIdsQuery({ ...list, isSmall }), { ...flowRunParts, order: orderFlowRuns(list.sort, "r") });

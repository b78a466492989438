import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { TaskRunSort } from "../../schemas/sorting.ts";
import type { Database, Sql } from "../client.ts";
import { readSizedCount, readSizedList, type Sized } from "../sized-lists.ts";
import { type List, listOfChosen } from "../slices.ts";
import { orderTaskRuns } from "../sql/order.ts";
import { taskRunCountQuery, taskRunIdsQuery } from "../sql/page.ts";
import { readCount } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { type StoredTaskRun, storedTaskRuns, taskRunJoins, taskRunParts } from "./rows.ts";

export interface TaskRunList {
  readonly where: Predicate;
  readonly sort: TaskRunSort;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the task run, or null. */
export async function readTaskRun(db: Database, id: string): Promise<StoredTaskRun | null> {
  const result = await db.execute(sql`select ${storedTaskRuns.columns} from task_run r ${taskRunJoins} where r.id = ${id}`);
  return storedTaskRuns.first(result);
}

/** Returns the task runs that match, in the order of the sort. */
export const listTaskRuns = (db: Database, list: TaskRunList): Promise<Rows<StoredTaskRun>> =>
  readSizedList({ db, list: (isSmall) => selectTaskRuns(list, isSmall) }).then(({ rows }) => rows);

/** Returns a page of the task runs that match and the total number. */
export async function pageTaskRuns(db: Database, list: TaskRunList): Promise<{ rows: Rows<StoredTaskRun>; count: number }> {
  const { rows, beside } = await readSizedList(
    { db, list: (isSmall) => selectTaskRuns(list, isSmall) },
    countStatement(list.where),
  );
  return { rows, count: readCount(beside[0]) };
}

/** Returns the number of task runs that match. */
export const countTaskRuns = (db: Database, where: Predicate): Promise<number> => readSizedCount(db, countStatement(where));

const countStatement =
  (where: Predicate): Sized<Sql> =>
  (isSmall) =>
    taskRunCountQuery({ where, isSmall });

const selectTaskRuns = (list: TaskRunList, isSmall: boolean): List<StoredTaskRun> =>
  listOfChosen(taskRunIdsQuery({ ...list, isSmall }), { ...taskRunParts, order: orderTaskRuns(list.sort, "r") });

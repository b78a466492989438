import type { Predicate } from "../../filters/predicate.ts";
import type { TaskRunSort } from "../../schemas/sorting.ts";
import type { Database, Sql } from "../client.ts";
import { packRow, readCount } from "../rows.ts";
import { orderTaskRuns } from "../sql/order.ts";
import { taskRunCountQuery, taskRunIdsQuery } from "../sql/page.ts";
import { readStoredTaskRuns, type StoredTaskRun, taskRunColumns, taskRunJoins, unpackStoredTaskRuns } from "./select.ts";

export interface TaskRunList {
  readonly where: Predicate;
  readonly sort: TaskRunSort;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the task run, or null. */
export async function readTaskRun(db: Database, id: string): Promise<StoredTaskRun | null> {
  const result = await db.execute({ sql: `select ${taskRunColumns} from task_run r ${taskRunJoins} where r.id = ?`, args: [id] });
  return readStoredTaskRuns(result)[0] ?? null;
}

/** Returns the task runs that match, in the order of the sort. */
export async function listTaskRuns(db: Database, list: TaskRunList): Promise<StoredTaskRun[]> {
  return unpackStoredTaskRuns(await db.execute(selectTaskRuns(list)));
}

/** Returns a part of the task runs that match and how many match in all. */
export async function pageTaskRuns(db: Database, list: TaskRunList): Promise<{ rows: StoredTaskRun[]; count: number }> {
  const [rows, count] = await db.read([selectTaskRuns(list), countStatement(list.where)]);
  return { rows: unpackStoredTaskRuns(rows), count: readCount(count) };
}

/** Returns how many task runs match. */
export async function countTaskRuns(db: Database, where: Predicate): Promise<number> {
  return readCount(await db.execute(countStatement(where)));
}

const countStatement = (where: Predicate): Sql => taskRunCountQuery({ where });

// The page is chosen on bare ids, so that a sort does not carry the wide rows and their joins along.
function selectTaskRuns(list: TaskRunList): Sql {
  const order = orderTaskRuns(list.sort, "r");
  const chosen = taskRunIdsQuery(list);
  return {
    sql: `select ${packRow(taskRunColumns)} from (${chosen.sql}) chosen cross join task_run r on r.id = chosen.id ${taskRunJoins} order by ${order}`,
    args: chosen.args,
  };
}

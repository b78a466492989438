import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";

/** Renames a task run (null keeps the name); returns false if there is no such run. */
export async function renameTaskRun(db: Database, id: string, name: string | null, now: Micros): Promise<boolean> {
  const renamed = await db.execute(
    sql`update task_run set name = coalesce(${name}, name), updated = case when ${name} is null then updated else ${now} end where id = ${id} returning id`,
  );
  return touched(renamed);
}

/** Returns the statements that delete task runs with their states and logs; the last one returns their ids. */
export const deleteTaskRuns = (ids: Sql): Sql[] => [
  sql`delete from log where task_run_id in (select id from task_run where id in (${ids}))`,
  sql`delete from task_run where id in (${ids}) returning id`,
];

import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { sql } from "../sql/tag.ts";
import type { TaskWorkerRow } from "../tables/task-workers.ts";
import { workers } from "./rows.ts";

/** Returns the unbroken sockets that were refreshed since a time, oldest first. */
export async function listTaskWorkers(db: Database, since: Micros): Promise<TaskWorkerRow[]> {
  return workers.rows(
    await db.execute(
      sql`select ${workers.columns("w")} from task_worker w where w.last_seen > ${since} and w.lost is null order by w.id`,
    ),
  );
}

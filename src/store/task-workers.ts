import type { Micros } from "../schemas/time.ts";
import type { Database, Sql } from "./client.ts";
import { rowMapper } from "./rows.ts";
import { type TaskWorkerRow, taskWorker } from "./tables/task-workers.ts";

const workers = rowMapper(taskWorker);

/** Returns the statement that notes that a socket is there, for the first time or again. */
export const seeTaskWorker = (row: TaskWorkerRow): Sql =>
  workers.insert(row, "on conflict (id) do update set last_seen = max(last_seen, excluded.last_seen)");

/** Notes a new socket, and forgets those that were not seen since a time. */
export async function enrolTaskWorker(db: Database, row: TaskWorkerRow, forgotten: Micros): Promise<void> {
  await db.write([seeTaskWorker(row), { sql: "delete from task_worker where last_seen < ?", args: [forgotten] }]);
}

/** Forgets a socket. */
export async function dismissTaskWorker(db: Database, id: string): Promise<void> {
  await db.execute({ sql: "delete from task_worker where id = ?", args: [id] });
}

/** Returns the sockets that were seen since a time, oldest first. */
export async function listTaskWorkers(db: Database, since: Micros): Promise<TaskWorkerRow[]> {
  return workers.rows(
    await db.execute({
      sql: `select ${workers.columns("w")} from task_worker w where w.last_seen > ? order by w.id`,
      args: [since],
    }),
  );
}

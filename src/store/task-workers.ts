import { stringifyJson } from "../lib/json.ts";
import type { Micros } from "../lib/time.ts";
import type { Database, Sql } from "./client.ts";
import { rowMapper } from "./sql/rows.ts";
import { sql } from "./sql/tag.ts";
import { type TaskWorkerRow, taskWorker } from "./tables/task-workers.ts";

const workers = rowMapper(taskWorker);

/** A task worker's socket as it is there. */
export type Socket = Omit<TaskWorkerRow, "lost">;

/** Returns the statement that notes that a socket is there, for the first time or again. */
export const refreshTaskWorker = (socket: Socket): Sql =>
  workers.insert({ ...socket, lost: null }, "on conflict (id) do update set last_seen = max(last_seen, excluded.last_seen)");

/** Returns the statement that notes that sockets are still there. */
export const refreshTaskWorkers = (ids: readonly string[], now: Micros): Sql =>
  sql`update task_worker set last_seen = max(last_seen, ${now}) where id in (select value from json_each(${stringifyJson(ids)}))`;

/** Notes a new socket. Those of its worker that broke are forgotten, and those that were not seen since a time. */
export async function registerTaskWorker(
  db: Database,
  socket: Socket,
  { lastSeenOfBroken, lastSeenOfAny }: Times,
): Promise<void> {
  await db.write([
    sql`delete from task_worker where last_seen < ${lastSeenOfAny} or (identifier = ${socket.identifier} and (lost is not null or last_seen < ${lastSeenOfBroken}))`,
    refreshTaskWorker(socket),
  ]);
}

interface Times {
  /** Since when a socket of a worker that is back has not been seen. */
  readonly lastSeenOfBroken: Micros;
  /** Since when any socket has not been seen. */
  readonly lastSeenOfAny: Micros;
}

/** Forgets a socket. */
export async function deleteTaskWorker(db: Database, id: string): Promise<void> {
  await db.execute(sql`delete from task_worker where id = ${id}`);
}

/** Notes that a socket broke: its worker may be gone. */
export async function markTaskWorkerLost(db: Database, id: string, now: Micros): Promise<void> {
  await db.execute(sql`update task_worker set lost = ${now} where id = ${id}`);
}

/** Returns the sockets that were seen since a time and did not break, oldest first. */
export async function listTaskWorkers(db: Database, since: Micros): Promise<TaskWorkerRow[]> {
  return workers.rows(
    await db.execute(
      sql`select ${workers.columns("w")} from task_worker w where w.last_seen > ${since} and w.lost is null order by w.id`,
    ),
  );
}

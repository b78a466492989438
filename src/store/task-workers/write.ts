import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { sql } from "../sql/tag.ts";
import { type Socket, workers } from "./rows.ts";

/** Returns the statement that inserts or refreshes a socket. */
export const refreshTaskWorker = (socket: Socket): Sql =>
  workers.insert({ ...socket, lost: null }, "on conflict (id) do update set last_seen = max(last_seen, excluded.last_seen)");

/** Returns the statement that refreshes sockets. */
export const refreshTaskWorkers = (ids: readonly string[], now: Micros): Sql =>
  sql`update task_worker set last_seen = max(last_seen, ${now}) where id in (select value from json_each(${stringifyJson(ids)}))`;

/** Inserts a new socket, and deletes broken ones of the same worker and all that were not refreshed for long. */
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
  /** A socket of the same worker that was refreshed last before this time is broken. */
  readonly lastSeenOfBroken: Micros;
  /** Any socket that was refreshed last before this time is deleted. */
  readonly lastSeenOfAny: Micros;
}

/** Deletes a socket. */
export async function deleteTaskWorker(db: Database, id: string): Promise<void> {
  await db.execute(sql`delete from task_worker where id = ${id}`);
}

/** Marks a socket as broken: its worker may be gone. */
export async function markTaskWorkerLost(db: Database, id: string, now: Micros): Promise<void> {
  await db.execute(sql`update task_worker set lost = ${now} where id = ${id}`);
}

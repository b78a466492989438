import type { Micros } from "../schemas/time.ts";
import type { Database, Sql } from "./client.ts";
import { readCount } from "./rows.ts";

interface Old {
  readonly occurredBefore: Micros;
  readonly receivedBefore: Micros;
  readonly limit: number;
}

const oldest = ({ occurredBefore, receivedBefore, limit }: Old): Sql => ({
  sql: "select position from event where occurred < ? and received < ? order by occurred limit ?",
  args: [occurredBefore, receivedBefore, limit],
});

/** Returns how many old events there are, at most `limit`. */
export async function countOldEvents(db: Database, old: Old): Promise<number> {
  const { sql, args } = oldest(old);
  return readCount(await db.execute({ sql: `select count(*) from (${sql})`, args }));
}

/** Deletes the oldest events with their resources; returns how many went. */
export async function deleteOldEvents(db: Database, old: Old): Promise<number> {
  const { sql, args } = oldest(old);
  const [deleted] = await db.write([{ sql: `delete from event where position in (${sql})`, args }]);
  return deleted?.rowsAffected ?? 0;
}

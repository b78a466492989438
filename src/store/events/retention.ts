import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { readCount } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";

interface Old {
  readonly occurredBefore: Micros;
  readonly receivedBefore: Micros;
  readonly limit: number;
}

const oldest = ({ occurredBefore, receivedBefore, limit }: Old): Sql =>
  sql`select position from event where occurred < ${occurredBefore} and received < ${receivedBefore} order by occurred limit ${limit}`;

/** Returns the number of old events, at most `limit`. */
export async function countOldEvents(db: Database, old: Old): Promise<number> {
  const positions = oldest(old);
  return readCount(await db.execute(sql`select count(*) from (${positions})`));
}

/** Deletes the oldest events with their resources; returns how many were deleted. */
export async function deleteOldEvents(db: Database, old: Old): Promise<number> {
  const positions = oldest(old);
  const [deleted] = await db.write([sql`delete from event where position in (${positions})`]);
  return deleted?.rowsAffected ?? 0;
}

import type { Micros } from "../../lib/time.ts";
import { maximumKeys } from "../../schemas/api-keys.ts";
import type { Database } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { ApiKeyRow } from "../tables/api-keys.ts";
import { apiKeys } from "./rows.ts";

/** Stores a key; returns false where there are too many that are neither revoked nor expired. The others make room for it. */
export async function createKey(db: Database, row: ApiKeyRow): Promise<boolean> {
  const isFull = sql`(select count(*) from api_key) >= ${maximumKeys}`;
  const [, inserted] = await db.write([
    sql`delete from api_key where (revoked is not null or expires <= ${row.created}) and ${isFull}`,
    sql`${apiKeys.insertWhere(row, sql`not (${isFull})`)} returning id`,
  ]);
  return touched(inserted);
}

/** Revokes a key; returns false where there is none. */
export async function revokeKey(db: Database, id: string, now: Micros): Promise<boolean> {
  const [revoked] = await db.write([sql`update api_key set revoked = coalesce(revoked, ${now}) where id = ${id} returning id`]);
  return touched(revoked);
}

/** Deletes all keys; returns how many there were. */
export const deleteAllKeys = async (db: Database): Promise<number> =>
  (await db.execute(sql`delete from api_key returning id`)).rows.length;

/** Writes a key's last use, unless it has one that is younger than `interval`. */
export const touchKey = async (db: Database, id: string, now: Micros, interval: Micros): Promise<void> =>
  void (await db.execute(
    sql`update api_key set last_used = ${now} where id = ${id} and coalesce(last_used, 0) <= ${now - interval}`,
  ));

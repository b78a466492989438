import type { LiveKey } from "../../domain/api-key.ts";
import { roleNamed } from "../../domain/roles.ts";
import type { Rows } from "../../lib/rows.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { flag, numberOrNull, selection, text } from "../sql/selection.ts";
import { always, sql } from "../sql/tag.ts";
import type { ApiKeyRow } from "../tables/api-keys.ts";
import { apiKeys } from "./rows.ts";

const live = selection({
  id: text("k.id"),
  name: text("k.name"),
  role: text("k.role"),
  expires: numberOrNull("k.expires"),
  last_used: numberOrNull("k.last_used"),
});

/** Returns the key of this hash that is not revoked; null for none, and for a role that this version does not know. */
export async function findLiveKey(db: Database, hash: string): Promise<LiveKey | null> {
  const found = live.first(
    await db.execute(sql`select ${live.columns} from api_key k where k.hash = ${hash} and k.revoked is null`),
  );
  const role = found === null ? null : roleNamed(found.role);
  return found === null || role === null ? null : { ...found, role };
}

const any = selection({ exists: flag("exists (select 1 from api_key)") });

/** Returns whether the database has keys, revoked and expired ones included. */
export const hasKeys = async (db: Database): Promise<boolean> =>
  any.first(await db.execute(sql`select ${any.columns}`))?.exists === true;

/** Returns the keys in the order of their creation. */
export const listKeys = (db: Database, part: { limit: number; offset: number }): Promise<Rows<ApiKeyRow>> =>
  readRows(db, listOfMatching({ where: always, ...part }, { ...rowsOf(apiKeys, "k", "id"), order: "k.created, k.id" }));

import type { Database } from "../client.ts";
import { sql } from "../sql/tag.ts";

/** Returns whether the database responds. */
export async function ping(db: Database): Promise<boolean> {
  try {
    await db.execute(sql`select 1`);
    return true;
  } catch {
    return false;
  }
}

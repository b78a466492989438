import type { Database } from "./client.ts";

/** Tells whether the database answers. */
export async function ping(db: Database): Promise<boolean> {
  try {
    await db.execute({ sql: "select 1", args: [] });
    return true;
  } catch {
    return false;
  }
}

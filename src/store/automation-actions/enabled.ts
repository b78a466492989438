import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";

/** Sets whether an automation is enabled; returns false if there is none. */
export async function setEnabled(db: Database, id: string, enabled: boolean, now: Micros): Promise<boolean> {
  const [found] = await db.write([
    sql`update automation set enabled = ${enabled ? 1 : 0}, updated = ${now} where id = ${id} returning id`,
  ]);
  return touched(found);
}

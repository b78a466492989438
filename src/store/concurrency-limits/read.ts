import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { sql } from "../sql/tag.ts";
import { isLimit, type LimitKey, type LimitNow, limitsAt } from "./rows.ts";

/** Returns the limit, or null. */
export async function readLimit(db: Database, key: LimitKey, now: Micros): Promise<LimitNow | null> {
  const found = limitsAt("l", now);
  return found.first(await db.execute(sql`select ${found.columns} from concurrency_limit l where ${isLimit("l", key)}`));
}

/** Returns the limits in the order of their names. */
export async function listLimits(db: Database, page: { limit: number; offset: number; now: Micros }): Promise<LimitNow[]> {
  const found = limitsAt("l", page.now);
  return found.rows(
    await db.execute(
      sql`select ${found.columns} from concurrency_limit l order by l.name limit ${page.limit} offset ${page.offset}`,
    ),
  );
}

import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { flag, only, selection, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import type { WorkPoolRow } from "../tables/work-pools.ts";
import { onlineUntil, pools } from "./rows.ts";

/** Returns the pool by name and whether one of its workers is ONLINE; null if there is none. */
export async function loadForUpdate(
  db: Database,
  name: string,
  now: Micros,
): Promise<{ row: WorkPoolRow; online: boolean } | null> {
  const loaded = selection({
    row: pools.cells("p"),
    online: flag(sql`exists (
        select 1 from worker w where w.work_pool_id = p.id and w.status = 'ONLINE' and ${onlineUntil("w")} > ${now})`),
  });
  return loaded.first(await db.execute(sql`select ${loaded.columns} from work_pool p where p.name = ${name}`));
}

/** Returns the name of a pool by its id, or null. */
export const readWorkPoolName = async (db: Database, id: string): Promise<string | null> =>
  only(text("name")).first(await db.execute(sql`select name from work_pool where id = ${id}`));

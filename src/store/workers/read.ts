import type { Predicate } from "../../filters/predicate.ts";
import type { Database, Sql } from "../client.ts";
import { emit } from "../sql/emit.ts";
import { listQuery } from "../sql/page.ts";
import { rowMapper, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { type WorkerRow, worker } from "../tables/work-pools.ts";

const workers = rowMapper(worker);

/** The statement that finds the id of a pool by its name. */
export const selectPoolId = (name: string): Sql => sql`select id from work_pool where name = ${name}`;

/** Returns the pool's workers that match, the latest heartbeat first; null if there is no such pool. */
export async function listWorkers(
  db: Database,
  { work_pool_name, where, limit, offset }: { work_pool_name: string; where: Predicate; limit: number; offset: number },
): Promise<WorkerRow[] | null> {
  const condition = emit(where, "w");
  const [pool, rows] = await db.read([
    selectPoolId(work_pool_name),
    listQuery({
      select: workers.columns("w"),
      from: "worker w",
      where: sql`w.work_pool_id = (select id from work_pool where name = ${work_pool_name}) AND (${condition})`,
      order: "w.last_heartbeat_time DESC, w.id DESC",
      limit,
      offset,
    }),
  ]);
  return touched(pool) ? workers.rows(rows) : null;
}

import type { Micros } from "../schemas/time.ts";
import { type Cleaner, hasCleanupFor } from "./cleanup-messages.ts";
import type { Database, Sql } from "./client.ts";
import { lastOf } from "./rows.ts";
import { sql } from "./sql/tag.ts";
import { readSelectedWorkPool, type Stamps, type StoredWorkPool, selectWorkPool } from "./work-pools.ts";
import { type Heartbeat, recordHeartbeat } from "./workers.ts";

export interface QueueOfPool {
  readonly id: string;
  readonly name: string;
}

/** Returns the pool of that name with its queues by priority, null if there is none. */
export async function loadPoolForWorker(
  db: Database,
  name: string,
): Promise<{ pool: StoredWorkPool; queues: QueueOfPool[] } | null> {
  const [found, queues] = await db.read([
    selectWorkPool(name),
    sql`select q.id, q.name from work_queue q join work_pool p on p.id = q.work_pool_id where p.name = ${name} order by q.priority, q.id`,
  ]);
  const pool = readSelectedWorkPool(found);
  if (pool === null) return null;
  return { pool, queues: (queues?.rows ?? []).map((row) => ({ id: String(row[0]), name: String(row[1]) })) };
}

/** Records a heartbeat and returns the worker's pool as it is then; null if there is no such pool. */
export async function heartbeatPool(db: Database, heartbeat: Heartbeat, stamps: Stamps): Promise<StoredWorkPool | null> {
  const results = await db.write([...recordHeartbeat(heartbeat, stamps), selectWorkPool(heartbeat.work_pool_name)]);
  return readSelectedWorkPool(lastOf(results));
}

/** What a channel asks again and again: the pool's version, and whether there is something to clean up. */
export interface PoolNews {
  readonly updated: Micros;
  readonly has_cleanup: boolean;
}

const no: Sql = sql`0`;

/** Returns the news of a pool, null if it is gone. */
export async function readPoolNews(
  db: Database,
  { work_pool_id, cleaner, now }: { work_pool_id: string; cleaner: Cleaner | null; now: Micros },
): Promise<PoolNews | null> {
  const hasCleanup = cleaner === null ? no : hasCleanupFor(cleaner, now);
  const { rows } = await db.execute(sql`select p.updated, ${hasCleanup} from work_pool p where p.id = ${work_pool_id}`);
  const [row] = rows;
  return row === undefined ? null : { updated: Number(row[0]), has_cleanup: row[1] === 1 };
}

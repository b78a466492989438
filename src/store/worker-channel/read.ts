import type { Micros } from "../../lib/time.ts";
import { type CleanupConsumer, hasCleanupFor } from "../cleanup-messages/read.ts";
import type { Database } from "../client.ts";
import { flag, number, selection, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { readSelectedWorkPool, type StoredWorkPool, selectWorkPool } from "../work-pools/rows.ts";

export interface QueueOfPool {
  readonly id: string;
  readonly name: string;
}

const queues = selection({ id: text("q.id"), name: text("q.name") });

/** Returns the pool by name with its queues by priority, null if there is none. */
export async function loadPoolForWorker(
  db: Database,
  name: string,
): Promise<{ pool: StoredWorkPool; queues: QueueOfPool[] } | null> {
  const [found, listed] = await db.read([
    selectWorkPool(name),
    sql`select ${queues.columns} from work_queue q join work_pool p on p.id = q.work_pool_id where p.name = ${name} order by q.priority, q.id`,
  ]);
  const pool = readSelectedWorkPool(found);
  return pool === null ? null : { pool, queues: queues.rows(listed) };
}

/** What a channel polls: the pool's version, and whether there is a cleanup for the worker. */
export interface PoolUpdates {
  readonly updated: Micros;
  readonly has_cleanup: boolean;
}

/** Returns what a channel polls, null if the pool was deleted. */
export async function readPoolUpdates(
  db: Database,
  { work_pool_id, cleanupConsumer, now }: { work_pool_id: string; cleanupConsumer: CleanupConsumer | null; now: Micros },
): Promise<PoolUpdates | null> {
  const news = selection({
    updated: number("p.updated"),
    has_cleanup: flag(cleanupConsumer === null ? sql`0` : hasCleanupFor(cleanupConsumer, now)),
  });
  return news.first(await db.execute(sql`select ${news.columns} from work_pool p where p.id = ${work_pool_id}`));
}

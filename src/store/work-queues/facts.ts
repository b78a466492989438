import type { Database, ResultSet, Sql } from "../client.ts";
import { rowMapper } from "../sql/rows.ts";
import { type Selection, selection, textOrNull } from "../sql/selection.ts";
import { nothing, raw, sql } from "../sql/tag.ts";
import { type WorkPoolRow, type WorkQueueRow, workPool } from "../tables/work-pools.ts";
import { agentPoolName, defaultQueueName, type QueueAddress, queueIdOf, queueOfAnyPool } from "./create.ts";
import { isWorkQueue, type QueueKey, queues, queuesWithPool } from "./rows.ts";

const pools = rowMapper(workPool);

/** Returns the queue's row, or null. */
export async function loadQueue(db: Database, key: QueueKey): Promise<WorkQueueRow | null> {
  const isIt = isWorkQueue(key);
  const found = await db.execute(sql`select ${queues.columns("q")} from ${raw(queuesWithPool)} where ${isIt}`);
  return queues.first(found);
}

/** The facts about a pool that a deployment or run refers to. */
export interface PoolFacts {
  readonly pool: WorkPoolRow;
  /** The requested queue, or the pool's default queue; null if it does not exist yet. */
  readonly queue_id: string | null;
}

const poolFacts = (queue_id: Sql): Selection<PoolFacts> => selection({ pool: pools.cells("p"), queue_id: textOrNull(queue_id) });

/** The statement that finds a pool with the requested queue; `readPoolFacts` reads its row. */
export function selectPoolFacts({ work_pool_name, work_queue_name }: QueueAddress): Sql {
  if (work_pool_name === null) return selectPoolOfQueue(work_queue_name ?? defaultQueueName);
  const queue: Sql = work_queue_name === null ? sql`p.default_queue_id` : queueIdOf(work_pool_name, work_queue_name);
  return sql`select ${poolFacts(queue).columns} from work_pool p where p.name = ${work_pool_name}`;
}

// A queue without a pool is looked up as `ensureQueue` does.
function selectPoolOfQueue(work_queue_name: string): Sql {
  const elsewhere = queueOfAnyPool("work_pool_id", work_queue_name);
  const queue = sql`(select q.id from work_queue q where q.work_pool_id = p.id and q.name = ${work_queue_name})`;
  return sql`select ${poolFacts(queue).columns}
      from work_pool p where p.id = coalesce((select id from work_pool where name = ${agentPoolName}), ${elsewhere})`;
}

/** Returns what `selectPoolFacts` found; null if there is no such pool. */
export const readPoolFacts = (result: ResultSet | undefined): PoolFacts | null => poolFacts(nothing).first(result);

import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readList, readRows, rowsOf } from "../slices.ts";
import { emit } from "../sql/emit.ts";
import { touched } from "../sql/rows.ts";
import { oneByOne } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { agentPoolName } from "./create.ts";
import {
  type QueueKey,
  queues,
  readSelectedWorkQueue,
  type SlotCounting,
  type StoredWorkQueue,
  selectWorkQueue,
  selectWorkQueues,
  storedQueues,
} from "./rows.ts";

/** Returns the queue, or null. */
export const readWorkQueue = async (db: Database, key: QueueKey, counting: SlotCounting): Promise<StoredWorkQueue | null> =>
  readSelectedWorkQueue(await db.execute(selectWorkQueue(key, counting)));

/** Returns the queue by name in `default-agent-pool`; while that pool does not exist, any queue of that name. */
export async function readWorkQueueByName(db: Database, name: string): Promise<StoredWorkQueue | null> {
  const found = selectWorkQueues(
    "for_queues",
    sql`q.name = ${name} and (p.name = ${agentPoolName} or not exists (select 1 from work_pool where name = ${agentPoolName})) order by q.created, q.id limit 1`,
  );
  return readSelectedWorkQueue(await db.execute(found));
}

interface QueueList {
  readonly where: Predicate;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the queues of all pools that match, ordered by name. */
export const listWorkQueues = (db: Database, { where, ...part }: QueueList): Promise<Rows<StoredWorkQueue>> =>
  readRows(db, listOfMatching({ where: emit(where, "q"), ...part }, queueParts("for_queues", "q.name ASC, q.id ASC")));

const queueParts = (counting: SlotCounting, order: string) => ({
  ...rowsOf(queues, "q", "id"),
  ...oneByOne(storedQueues[counting]),
  joins: sql`join work_pool p on p.id = q.work_pool_id`,
  order,
});

/** Returns the pool's queues that match, by priority; null if there is no such pool. */
export async function listQueuesOfPool(
  db: Database,
  work_pool_name: string,
  { where, ...part }: QueueList,
): Promise<Rows<StoredWorkQueue> | null> {
  const condition = emit(where, "q");
  const ofPool = sql`p.name = ${work_pool_name} AND (${condition})`;
  const list = listOfMatching({ where: ofPool, ...part }, queueParts("for_workers", "q.priority ASC, q.id ASC"));
  const pool = sql`select id from work_pool where name = ${work_pool_name}`;
  const { rows, beside } = await readList(db, list, pool);
  return touched(beside[0]) ? rows : null;
}

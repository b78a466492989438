import type { Stamps } from "../domain/surroundings.ts";
import type { UpdateDecision } from "../domain/work-pools/updates.ts";
import type { Predicate } from "../filters/predicate.ts";
import type { Rows } from "../lib/rows.ts";
import type { WorkQueueCreate, WorkQueueUpdate } from "../schemas/work-queues.ts";
import { ConstraintViolation, type Database, type ResultSet, type Sql } from "./client.ts";
import { statusEventNames } from "./events/work-pools.ts";
import { workQueueEvents } from "./events/work-queues.ts";
import { listOfMatching, readList, readRows, rowsOf } from "./slices.ts";
import { emit } from "./sql/emit.ts";
import { lastOf, rowMapper, touched } from "./sql/rows.ts";
import { numberOrNull, oneByOne, type Selection, selection, text, textOrNull } from "./sql/selection.ts";
import { nothing, raw, sql } from "./sql/tag.ts";
import { type WorkPoolRow, type WorkQueueRow, workPool, workQueue } from "./tables/work-pools.ts";
import {
  agentPoolName,
  defaultQueueName,
  ensureAgentPool,
  insertQueue,
  type QueueAddress,
  queueIdOf,
  queueOfAnyPool,
} from "./work-queues/create.ts";
import { freePriority } from "./work-queues/priorities.ts";
import { slotsForWorkers, slotsOfQueue } from "./work-queues/slots.ts";

export { agentPoolName, ensureQueue, type QueueAddress, queueIdOf } from "./work-queues/create.ts";

const queues = rowMapper(workQueue);
const pools = rowMapper(workPool);

/** A stored queue with its pool's name and, if it has a limit, its active slots. */
export interface StoredWorkQueue {
  readonly row: WorkQueueRow;
  readonly work_pool_name: string;
  readonly active_slots: number | null;
}

/** The operations on pools and those on queues count active slots differently. */
export type SlotCounting = "for_workers" | "for_queues";

const counting = (slots: string): Selection<StoredWorkQueue> =>
  selection({
    row: queues.cells("q"),
    work_pool_name: text("p.name"),
    active_slots: numberOrNull(`case when q.concurrency_limit is not null then ${slots} end`),
  });
const storedQueues: Record<SlotCounting, Selection<StoredWorkQueue>> = {
  for_workers: counting(slotsForWorkers),
  for_queues: counting(slotsOfQueue),
};

const queueOfPool = "work_queue q join work_pool p on p.id = q.work_pool_id";

const select = (counting: SlotCounting, where: Sql): Sql =>
  sql`select ${storedQueues[counting].columns} from ${raw(queueOfPool)} where ${where}`;

/** A queue by its id, or by the names of its pool and itself. */
export type QueueKey = { readonly id: string } | { readonly work_pool_name: string; readonly name: string };

const isKey = (key: QueueKey): Sql =>
  "id" in key ? sql`q.id = ${key.id}` : sql`p.name = ${key.work_pool_name} and q.name = ${key.name}`;

/** The statement that reads one queue. */
export const selectWorkQueue = (key: QueueKey, counting: SlotCounting): Sql => select(counting, isKey(key));

/** Returns the queue that `selectWorkQueue` found, or null. */
export const readSelectedWorkQueue = (result: ResultSet | undefined): StoredWorkQueue | null =>
  storedQueues.for_queues.first(result);

/** Returns the queue, or null. */
export const readWorkQueue = async (db: Database, key: QueueKey, counting: SlotCounting): Promise<StoredWorkQueue | null> =>
  readSelectedWorkQueue(await db.execute(selectWorkQueue(key, counting)));

/** Returns the queue by name in `default-agent-pool`; while that pool does not exist, any queue of that name. */
export async function readWorkQueueByName(db: Database, name: string): Promise<StoredWorkQueue | null> {
  const found = select(
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

/** The outcome of the creation of a queue. */
export type CreatedQueue =
  | { readonly kind: "created"; readonly queue: StoredWorkQueue }
  | { readonly kind: "work_pool_not_found" | "name_taken" };

/** Creates a queue in the pool of that name. */
export const createQueueInPool = (
  db: Database,
  work_pool_name: string,
  queue: WorkQueueCreate,
  stamps: Stamps,
): Promise<CreatedQueue> => {
  const id = stamps.newId();
  return makeQueue(db, [
    ...insertQueue(id, queue, { pool: sql`p.name = ${work_pool_name}`, taken: "refuse" }, stamps),
    selectWorkQueue({ id }, "for_workers"),
  ]);
};

/**
 * Creates a queue in `default-agent-pool`, and that pool if it is missing. If the pool is created and its default queue was
 * requested, that queue is returned.
 */
export function createQueue(db: Database, queue: WorkQueueCreate, stamps: Stamps): Promise<CreatedQueue> {
  const pool = { id: stamps.newId(), default_queue_id: stamps.newId() };
  const wanted: Sql =
    queue.name === defaultQueueName ? sql`p.name = ${agentPoolName} and p.id <> ${pool.id}` : sql`p.name = ${agentPoolName}`;
  return makeQueue(db, [
    ...ensureAgentPool(pool, stamps),
    ...insertQueue(stamps.newId(), queue, { pool: wanted, taken: "refuse" }, stamps),
    selectWorkQueue({ work_pool_name: agentPoolName, name: queue.name }, "for_queues"),
  ]);
}

async function makeQueue(db: Database, statements: readonly Sql[]): Promise<CreatedQueue> {
  try {
    const queue = readSelectedWorkQueue(lastOf(await db.write(statements)));
    return queue === null ? { kind: "work_pool_not_found" } : { kind: "created", queue };
  } catch (error) {
    if (error instanceof ConstraintViolation && error.columns.includes("work_queue.name")) return { kind: "name_taken" };
    throw error;
  }
}

/** Returns the queue's row, or null. */
export async function loadQueue(db: Database, key: QueueKey): Promise<WorkQueueRow | null> {
  const isIt = isKey(key);
  const found = await db.execute(sql`select ${queues.columns("q")} from ${raw(queueOfPool)} where ${isIt}`);
  return queues.first(found);
}

/**
 * Optimistic lock: writes a decided update if the queue is still as loaded; returns false if it is not. With `moveOthers` queues
 * of equal priority are moved up.
 */
export async function commitUpdate(
  db: Database,
  loaded: WorkQueueRow,
  { update, decision, moveOthers }: { update: WorkQueueUpdate; decision: UpdateDecision; moveOthers: boolean },
  stamps: Stamps,
): Promise<boolean> {
  const { status, difference } = decision;
  const unchanged: Sql = sql`q.id = ${loaded.id} and q.updated = ${loaded.updated}`;
  const now = stamps.now();
  const { name, description, priority, ...rest } = update;
  const set = queues.set({
    ...rest,
    ...(typeof name === "string" && { name }),
    ...(typeof description === "string" && { description }),
    ...(typeof priority === "number" && { priority }),
    ...(status !== null && { status }),
    updated: Math.max(now, loaded.updated + 1),
  });
  const news = { name: name ?? undefined };
  const word = status === null ? undefined : statusEventNames[status];
  const room = {
    work_pool_id: sql`${loaded.work_pool_id}`,
    queue_id: loaded.id,
    priority: priority ?? loaded.priority,
  };
  const stillThere: Sql = sql`exists (select 1 from work_queue q where ${unchanged})`;
  const results = await db.write([
    ...(difference === null ? [] : [workQueueEvents("updated", stamps, unchanged, { ...news, payload: difference })]),
    ...(word === undefined ? [] : [workQueueEvents(word, stamps, unchanged, news)]),
    ...(moveOthers && typeof priority === "number" ? [freePriority(room, now, stillThere)] : []),
    sql`update work_queue set ${set} where id = ${loaded.id} and updated = ${loaded.updated} returning id`,
  ]);
  return touched(results.at(-1));
}

export interface QueueDeletion {
  readonly kind: "deleted" | "not_found" | "is_default_queue";
}

/** Deletes a queue unless it is its pool's default one. */
export async function deleteQueue(db: Database, key: QueueKey, stamps: Stamps): Promise<QueueDeletion> {
  const where = isKey(key);
  const removable: Sql = sql`(${where}) and p.default_queue_id is not q.id`;
  const results = await db.write([
    sql`select q.id from ${raw(queueOfPool)} where ${where}`,
    workQueueEvents("deleted", stamps, removable),
    sql`delete from work_queue where id in (select q.id from ${raw(queueOfPool)} where ${removable}) returning id`,
  ]);
  return { kind: touched(results.at(-1)) ? "deleted" : touched(results[0]) ? "is_default_queue" : "not_found" };
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

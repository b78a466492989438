import type { Stamps } from "../../domain/surroundings.ts";
import type { UpdateDecision } from "../../domain/work-pools/updates.ts";
import type { WorkQueueCreate, WorkQueueUpdate } from "../../schemas/work-queues.ts";
import type { Sql } from "../client.ts";
import { ConstraintViolation, type Database } from "../client.ts";
import { statusEventNames } from "../events/work-pools.ts";
import { workQueueEvents } from "../events/work-queues.ts";
import { hasAsRead, writeIf } from "../sql/guarded.ts";
import { lastOf, touched } from "../sql/rows.ts";
import { always, raw, sql } from "../sql/tag.ts";
import type { WorkQueueRow } from "../tables/work-pools.ts";
import { workQueue } from "../tables/work-pools.ts";
import { agentPoolName, defaultQueueName, ensureAgentPool, insertQueue } from "./create.ts";
import { freePriority } from "./priorities.ts";
import {
  isWorkQueue,
  type QueueKey,
  queues,
  queuesWithPool,
  readSelectedWorkQueue,
  type StoredWorkQueue,
  selectWorkQueue,
} from "./rows.ts";

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
  db.about({ id, name: `${work_pool_name}/${queue.name}` });
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
  const id = stamps.newId();
  db.about({ id: queue.name === defaultQueueName ? pool.default_queue_id : id, name: queue.name });
  return makeQueue(db, [
    ...ensureAgentPool(pool, stamps),
    ...insertQueue(id, queue, { pool: wanted, taken: "refuse" }, stamps),
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

/** Writes a decided update if the queue is still as loaded; returns false if it is not. With `moveOthers` queues of equal priority are moved up. */
export async function commitUpdate(
  db: Database,
  loaded: WorkQueueRow,
  { update, decision, moveOthers }: { update: WorkQueueUpdate; decision: UpdateDecision; moveOthers: boolean },
  stamps: Stamps,
): Promise<boolean> {
  const { status, difference } = decision;
  const { id, updated } = loaded;
  const isIt = sql`q.id = ${id}`;
  const now = stamps.now();
  const { name, description, priority, ...rest } = update;
  const set = queues.set({
    ...rest,
    ...(typeof name === "string" && { name }),
    ...(typeof description === "string" && { description }),
    ...(typeof priority === "number" && { priority }),
    ...(status !== null && { status }),
    updated: Math.max(now, updated + 1),
  });
  const news = { name: name ?? undefined };
  const word = status === null ? undefined : statusEventNames[status];
  const room = {
    work_pool_id: sql`${loaded.work_pool_id}`,
    queue_id: id,
    priority: priority ?? loaded.priority,
  };
  const results = await writeIf(db, hasAsRead(workQueue, { id, updated }), [
    ...(difference === null ? [] : [workQueueEvents("updated", stamps, isIt, { ...news, payload: difference })]),
    ...(word === undefined ? [] : [workQueueEvents(word, stamps, isIt, news)]),
    ...(moveOthers && typeof priority === "number" ? [freePriority(room, now, always)] : []),
    sql`update work_queue set ${set} where id = ${id}`,
  ]);
  return results !== null;
}

export interface QueueDeletion {
  readonly kind: "deleted" | "not_found" | "is_default_queue";
}

/** Deletes a queue unless it is its pool's default one. */
export async function deleteQueue(db: Database, key: QueueKey, stamps: Stamps): Promise<QueueDeletion> {
  const where = isWorkQueue(key);
  const removable: Sql = sql`(${where}) and p.default_queue_id is not q.id`;
  const results = await db.write([
    sql`select q.id from ${raw(queuesWithPool)} where ${where}`,
    workQueueEvents("deleted", stamps, removable),
    sql`delete from work_queue where id in (select q.id from ${raw(queuesWithPool)} where ${removable}) returning id`,
  ]);
  return { kind: touched(results.at(-1)) ? "deleted" : touched(results[0]) ? "is_default_queue" : "not_found" };
}

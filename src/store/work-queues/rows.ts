import type { ResultSet, Sql } from "../client.ts";
import { rowMapper } from "../sql/rows.ts";
import { numberOrNull, type Selection, selection, text } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { type WorkQueueRow, workQueue } from "../tables/work-pools.ts";
import { slotsForWorkers, slotsOfQueue } from "./slots.ts";

/** The rows of work queues. */
export const queues = rowMapper(workQueue);

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

/** The selections of queues (alias q) with their pool (alias p). */
export const storedQueues: Record<SlotCounting, Selection<StoredWorkQueue>> = {
  for_workers: counting(slotsForWorkers),
  for_queues: counting(slotsOfQueue),
};

/** What queues are selected from: the queue (alias q) with its pool (alias p). */
export const queuesWithPool = "work_queue q join work_pool p on p.id = q.work_pool_id";

/** The statement that reads the queues that a condition finds. */
export const selectWorkQueues = (counting: SlotCounting, where: Sql): Sql =>
  sql`select ${storedQueues[counting].columns} from ${raw(queuesWithPool)} where ${where}`;

/** A queue by its id, or by the names of its pool and itself. */
export type QueueKey = { readonly id: string } | { readonly work_pool_name: string; readonly name: string };

/** Returns the condition that finds a queue. */
export const isWorkQueue = (key: QueueKey): Sql =>
  "id" in key ? sql`q.id = ${key.id}` : sql`p.name = ${key.work_pool_name} and q.name = ${key.name}`;

/** The statement that reads one queue. */
export const selectWorkQueue = (key: QueueKey, counting: SlotCounting): Sql => selectWorkQueues(counting, isWorkQueue(key));

/** Returns the queue that `selectWorkQueue` found, or null. */
export const readSelectedWorkQueue = (result: ResultSet | undefined): StoredWorkQueue | null =>
  storedQueues.for_queues.first(result);

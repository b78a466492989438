import type { Stamps } from "../../domain/surroundings.ts";
import type { Micros } from "../../lib/time.ts";
import type { QueueFilter } from "../../schemas/work-queues.ts";
import type { Sql } from "../client.ts";
import { workPoolEvent } from "../events/work-pools.ts";
import { workQueueEvents } from "../events/work-queues.ts";
import { rowMapper } from "../sql/rows.ts";
import { always, nothing, raw, sql } from "../sql/tag.ts";
import { workPool, workQueue } from "../tables/work-pools.ts";
import { firstFreePriority, freePriority } from "./priorities.ts";

const pools = rowMapper(workPool);
const queues = rowMapper(workQueue);

/** The pool of queues that are created without a pool. */
export const agentPoolName = "default-agent-pool";
export const defaultQueueName = "default";

/** A queue to be created; without a priority it gets the lowest free one in its pool. */
export interface NewQueue {
  readonly name: string;
  readonly description: string;
  readonly is_paused: boolean;
  readonly concurrency_limit: number | null;
  readonly priority: number | null;
  readonly filter: QueueFilter | null;
}

const poolQueueExists = (id: string): Sql => sql`q.id = ${id}`;
const queueExists = (id: string): Sql => sql`exists (select 1 from work_queue where id = ${id})`;
const poolOf = (queue_id: string): Sql => sql`(select work_pool_id from work_queue where id = ${queue_id})`;

/**
 * Returns the statements that create a queue in the pool (`p`) that the condition finds, with its event. If the name is taken,
 * they do nothing (`keep`) or fail with a ConstraintViolation (`refuse`).
 */
export function insertQueue(
  id: string,
  queue: NewQueue,
  { pool, taken }: { pool: Sql; taken: "keep" | "refuse" },
  stamps: Stamps,
): Sql[] {
  const now = stamps.now();
  const { priority, ...rest } = queue;
  const row = { ...rest, id, created: now, updated: now, last_polled: null, status: "NOT_READY" };
  const values = queues.values(row, {
    work_pool_id: raw("p.id"),
    priority: sql`coalesce(${priority}, ${raw(firstFreePriority)})`,
  });
  const orKept = taken === "keep" ? raw(" on conflict (work_pool_id, name) do nothing") : nothing;
  return [
    sql`${queues.insertInto} select ${values}
        from work_pool p where ${pool}${orKept}`,
    ...(queue.priority === null
      ? []
      : [freePriority({ work_pool_id: poolOf(id), queue_id: id, priority: queue.priority }, now, queueExists(id))]),
    workQueueEvents("created", stamps, poolQueueExists(id)),
  ];
}

interface NewPool {
  readonly id: string;
  readonly default_queue_id: string;
}

/** The default queue of every pool. */
const defaultQueue = {
  name: defaultQueueName,
  description: "The work pool's default queue.",
  is_paused: false,
  concurrency_limit: null,
  priority: 1,
  filter: null,
};

/**
 * Returns the statements that create the default queue of a new pool and the events of both; they do nothing if there is no pool
 * of that id.
 */
export const createDefaultQueue = ({ id, default_queue_id }: NewPool, stamps: Stamps): Sql[] => [
  ...insertQueue(default_queue_id, defaultQueue, { pool: sql`p.id = ${id}`, taken: "refuse" }, stamps),
  workPoolEvent("created", stamps, sql`p.id = ${id}`),
];

/** Returns the statements that create `default-agent-pool` if it is missing and the guard holds. */
export function ensureAgentPool(pool: NewPool, stamps: Stamps, guard: Sql = always): Sql[] {
  const row = pools.insertWhere(agentPool(pool, stamps.now()), guard);
  return [sql`${row} on conflict (name) do nothing`, ...createDefaultQueue(pool, stamps)];
}

const agentPool = ({ id, default_queue_id }: NewPool, now: Micros) => ({
  id,
  created: now,
  updated: now,
  name: agentPoolName,
  description: null,
  type: "prefect-agent",
  base_job_template: {},
  is_paused: false,
  concurrency_limit: null,
  status: "NOT_READY",
  default_queue_id,
  storage_configuration: {},
  last_status_event_id: null,
  last_status_event_time: null,
});

/** The queue that a deployment or a run refers to: with its pool, by name only, or none. */
export interface QueueAddress {
  readonly work_pool_name: string | null;
  readonly work_queue_name: string | null;
}

/**
 * Returns the statements that create the addressed queue if it is missing, with its events, and the expression for its id after
 * them; null for no address and for a missing pool. Without a queue name: the pool's default queue. Without a pool:
 * `default-agent-pool`, or all pools while it is missing; a missing queue is created there with priority 1.
 */
export function ensureQueue(
  { work_pool_name, work_queue_name }: QueueAddress,
  stamps: Stamps,
): { statements: Sql[]; queue_id: Sql } {
  if (work_queue_name === null) {
    if (work_pool_name === null) return { statements: [], queue_id: sql`null` };
    return {
      statements: [],
      queue_id: sql`(select default_queue_id from work_pool where name = ${work_pool_name})`,
    };
  }
  const pool = work_pool_name ?? agentPoolName;
  const queue = { ...defaultQueue, name: work_queue_name, description: "", priority: work_pool_name === null ? 1 : null };
  const make = () => insertQueue(stamps.newId(), queue, { pool: sql`p.name = ${pool}`, taken: "keep" }, stamps);
  const queue_id = queueIdOf(pool, work_queue_name);
  if (work_pool_name !== null) return { statements: make(), queue_id };
  const nowhere: Sql = sql`not exists (select 1 from work_queue where name = ${work_queue_name})`;
  const elsewhere = queueOfAnyPool("id", work_queue_name);
  return {
    statements: [...ensureAgentPool({ id: stamps.newId(), default_queue_id: stamps.newId() }, stamps, nowhere), ...make()],
    queue_id: sql`coalesce(${queue_id}, ${elsewhere})`,
  };
}

/** The expression for the id or the pool of the oldest queue of a name; null where there is none. */
export const queueOfAnyPool = (column: "id" | "work_pool_id", work_queue_name: string): Sql =>
  sql`(select q.${raw(column)} from work_queue q where q.name = ${work_queue_name} order by q.created, q.id limit 1)`;

/** Returns the statements that create a queue in a pool, unless it has one of that name. */
export const newQueueInPool = (
  { id, name, work_pool_id }: { id: string; name: string; work_pool_id: string },
  stamps: Stamps,
): Sql[] =>
  insertQueue(
    id,
    { ...defaultQueue, name, description: "", priority: null },
    { pool: sql`p.id = ${work_pool_id}`, taken: "keep" },
    stamps,
  );

/** The expression for the id of a queue by the names of its pool and itself; null where there is none. */
export const queueIdOf = (work_pool_name: string, work_queue_name: string): Sql =>
  sql`(select q.id from work_queue q where q.name = ${work_queue_name} and q.work_pool_id = (select id from work_pool where name = ${work_pool_name}))`;

import { type CleanupChange, deliveriesExhausted, maximumDeliveries } from "../domain/worker-channel/cleanup.ts";
import { stringifyJson } from "../lib/json.ts";
import type { Micros } from "../lib/time.ts";
import { cancellingTimeoutTeardown } from "../schemas/worker-channel.ts";
import type { Database, Sql } from "./client.ts";
import { lastOf, readIds, rowMapper, touched } from "./sql/rows.ts";
import { type Guard, raw, sql } from "./sql/tag.ts";
import { type CleanupMessageRow, cleanupMessage } from "./tables/cleanup-messages.ts";

const messages = rowMapper(cleanupMessage);

/** Returns the statement that asks a worker of the run's pool to end its infrastructure, where the guard holds and the pool has workers. */
export const enqueueTeardown = (
  { message_id, flow_run_id, now }: { message_id: string; flow_run_id: string; now: Micros },
  guard: Guard,
): Sql => sql`insert into cleanup_message (id, created, updated, kind, work_pool_id, work_queue_id, target)
    select ${message_id}, ${now}, ${now}, '${raw(cancellingTimeoutTeardown)}', p.id, q.id, json_object('flow_run_id', r.id, 'infrastructure_pid', r.infrastructure_pid)
    from flow_run r join work_queue q on q.id = r.work_queue_id join work_pool p on p.id = q.work_pool_id
    where r.id = ${flow_run_id} and p.type not like '%:push' and p.type not like '%:managed' and ${guard}`;

/** Who may be given cleanups, and which. */
export interface CleanupConsumer {
  readonly consumer_id: string;
  readonly work_pool_id: string;
  readonly kinds: readonly string[];
  /** Messages of other queues are taken too, once those who serve these had time to. */
  readonly work_queue_ids: readonly string[];
  /** How many are given at once. */
  readonly limit: number;
}

// Those of other queues wait for those who serve them first.
const ownQueuePrecedence: Micros = 5_000_000;

/** Tells whether the message `m` is free and for a worker that still has room. */
function isDeliverableTo({ consumer_id, work_pool_id, kinds, work_queue_ids, limit }: CleanupConsumer, now: Micros): Sql {
  return sql`m.work_pool_id = ${work_pool_id} and m.dead_reason is null and (m.lease_expires is null or m.lease_expires <= ${now})
      and m.kind in (select value from json_each(${stringifyJson(kinds)}))
      and (m.updated <= ${now - ownQueuePrecedence} or m.work_queue_id in (select value from json_each(${stringifyJson(work_queue_ids)})))
      and ${limit} > (select count(*) from cleanup_message h
        where h.work_pool_id = ${work_pool_id} and h.dead_reason is null and h.consumer_id = ${consumer_id} and h.lease_expires > ${now})`;
}

/** Returns an expression that tells whether there is a message for a worker. */
export function hasCleanupFor(cleaner: CleanupConsumer, now: Micros): Sql {
  const where = isDeliverableTo(cleaner, now);
  return sql`exists (select 1 from cleanup_message m where ${where})`;
}

/**
 * Reserves the first message for a worker, those of its own queues first; null if there is none. Whoever
 * reserves again with the same token gets the same. `buried` are those that were given up instead.
 */
export async function reserveCleanup(
  db: Database,
  cleaner: CleanupConsumer,
  { token, until, now }: { token: string; until: Micros; now: Micros },
): Promise<{ message: CleanupMessageRow | null; buried: string[] }> {
  const where = isDeliverableTo(cleaner, now);
  const bury: Sql = sql`update cleanup_message set dead_reason = ${deliveriesExhausted}, reservation_token = null, updated = ${now}
      where work_pool_id = ${cleaner.work_pool_id} and dead_reason is null and delivery_count >= ${maximumDeliveries} and lease_expires <= ${now} returning id`;
  const reserve: Sql = sql`update cleanup_message set reservation_token = ${token}, lease_expires = ${until}, consumer_id = ${cleaner.consumer_id}, updated = ${now}, delivery_count = delivery_count + 1
      where id = (select m.id from cleanup_message m where ${where}
          order by m.work_queue_id in (select value from json_each(${stringifyJson(cleaner.work_queue_ids)})) desc, m.created, m.id limit 1)
        and not exists (select 1 from cleanup_message where reservation_token = ${token})`;
  const read: Sql = sql`select ${messages.columns("m")} from cleanup_message m where m.reservation_token = ${token}`;
  const results = await db.write([bury, reserve, read]);
  return { message: messages.first(lastOf(results)), buried: readIds(results[0]) };
}

/** Returns a message, or null. */
export async function readCleanup(db: Database, id: string): Promise<CleanupMessageRow | null> {
  const found = await db.execute(sql`select ${messages.columns("m")} from cleanup_message m where m.id = ${id}`);
  return messages.first(found);
}

/** Writes what a worker's operation does to a message if its reservation is still as it was read; tells whether it was. */
export async function changeCleanup(
  db: Database,
  read: CleanupMessageRow,
  { change, lease_expires, release_reason, now }: Change,
): Promise<boolean> {
  const unchanged: Sql = sql`id = ${read.id} and reservation_token is ${read.reservation_token} and lease_expires is ${read.lease_expires} returning id`;
  if (change === "complete") return touched(await db.execute(sql`delete from cleanup_message where ${unchanged}`));
  const set = messages.set({
    updated: now,
    ...(release_reason !== undefined && { release_reason }),
    ...(change === "extend" ? { lease_expires } : { reservation_token: null, lease_expires: null, consumer_id: null }),
    ...(change === "bury" && { dead_reason: deliveriesExhausted }),
  });
  const update = sql`update cleanup_message set ${set} where ${unchanged}`;
  return touched(await db.execute(update));
}

interface Change {
  readonly change: NonNullable<CleanupChange>;
  readonly lease_expires: Micros | null;
  /** Why the worker gave the message back. */
  readonly release_reason?: string | undefined;
  readonly now: Micros;
}

import { type CleanupChange, deliveriesExhausted, maximumDeliveries } from "../../domain/worker-channel/cleanup.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import { cancellingTimeoutTeardown } from "../../schemas/worker-channel.ts";
import type { Database, Sql } from "../client.ts";
import { isAsRead, writeEachIf } from "../sql/guarded.ts";
import { lastOf, readIds } from "../sql/rows.ts";
import { type Guard, raw, sql } from "../sql/tag.ts";
import type { CleanupMessageRow } from "../tables/cleanup-messages.ts";
import { type CleanupConsumer, isDeliverableTo } from "./read.ts";
import { messages } from "./rows.ts";

/**
 * Returns the statement that queues a teardown of the run's infrastructure for the workers of its pool, if the guard holds and
 * the pool has workers.
 */
export const enqueueTeardown = (
  { message_id, flow_run_id, now }: { message_id: string; flow_run_id: string; now: Micros },
  guard: Guard,
): Sql => sql`insert into cleanup_message (id, created, updated, kind, work_pool_id, work_queue_id, target)
    select ${message_id}, ${now}, ${now}, '${raw(cancellingTimeoutTeardown)}', p.id, q.id, json_object('flow_run_id', r.id, 'infrastructure_pid', r.infrastructure_pid)
    from flow_run r join work_queue q on q.id = r.work_queue_id join work_pool p on p.id = q.work_pool_id
    where r.id = ${flow_run_id} and p.type not like '%:push' and p.type not like '%:managed' and ${guard}`;

/**
 * Reserves the first deliverable message, those of the worker's own queues first; null if there is none. Idempotent by token.
 * `buried` are messages that became dead letters instead.
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

/**
 * Writes the change of a worker's operation if the message's reservation is still the one that was read; returns whether it was.
 */
export async function changeCleanup(
  db: Database,
  read: CleanupMessageRow,
  { change, lease_expires, release_reason, now }: Change,
): Promise<boolean> {
  const { id, reservation_token } = read;
  const unchanged = isAsRead({ id, reservation_token, lease_expires: read.lease_expires });
  const write = async (statement: Sql) => (await writeEachIf(db, [[sql`${statement} where ${unchanged} returning id`]])) === 1;
  if (change === "complete") return write(sql`delete from cleanup_message`);
  const set = messages.set({
    updated: now,
    ...(release_reason !== undefined && { release_reason }),
    ...(change === "extend" ? { lease_expires } : { reservation_token: null, lease_expires: null, consumer_id: null }),
    ...(change === "bury" && { dead_reason: deliveriesExhausted }),
  });
  return write(sql`update cleanup_message set ${set}`);
}

interface Change {
  readonly change: NonNullable<CleanupChange>;
  readonly lease_expires: Micros | null;
  /** The worker's reason for a release. */
  readonly release_reason?: string | undefined;
  readonly now: Micros;
}

import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { sql } from "../sql/tag.ts";
import type { CleanupMessageRow } from "../tables/cleanup-messages.ts";
import { messages } from "./rows.ts";

/** A worker's subscription to cleanup messages. */
export interface CleanupConsumer {
  readonly consumer_id: string;
  readonly work_pool_id: string;
  readonly kinds: readonly string[];
  /** The worker's queues; messages of other queues are delivered to it after a delay. */
  readonly work_queue_ids: readonly string[];
  /** The maximum number of messages that the worker has at once. */
  readonly limit: number;
}

// For this long a message is reserved for workers of its own queue.
const ownQueuePrecedence: Micros = 5_000_000;

/** The condition that the message `m` is deliverable to a worker that is below its limit. */
export function isDeliverableTo({ consumer_id, work_pool_id, kinds, work_queue_ids, limit }: CleanupConsumer, now: Micros): Sql {
  return sql`m.work_pool_id = ${work_pool_id} and m.dead_reason is null and (m.lease_expires is null or m.lease_expires <= ${now})
      and m.kind in (select value from json_each(${stringifyJson(kinds)}))
      and (m.updated <= ${now - ownQueuePrecedence} or m.work_queue_id in (select value from json_each(${stringifyJson(work_queue_ids)})))
      and ${limit} > (select count(*) from cleanup_message h
        where h.work_pool_id = ${work_pool_id} and h.dead_reason is null and h.consumer_id = ${consumer_id} and h.lease_expires > ${now})`;
}

/** Returns the expression that is true if a message is deliverable to a worker. */
export function hasCleanupFor(cleaner: CleanupConsumer, now: Micros): Sql {
  const where = isDeliverableTo(cleaner, now);
  return sql`exists (select 1 from cleanup_message m where ${where})`;
}

/** Returns a message, or null. */
export async function readCleanup(db: Database, id: string): Promise<CleanupMessageRow | null> {
  const found = await db.execute(sql`select ${messages.columns("m")} from cleanup_message m where m.id = ${id}`);
  return messages.first(found);
}

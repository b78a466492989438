import type { Stamps } from "../../domain/surroundings.ts";
import { type Json, stringifyJson } from "../../lib/json.ts";
import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import { relatedPool } from "./work-pools.ts";
import { type Change, idOfRow, insertEvent, type StatusChange } from "./write.ts";

/** What a queue's events contain beside its row: a payload, and the name it is about to get. */
interface QueueChange {
  readonly payload?: Json;
  readonly name?: string | undefined;
}

/**
 * Returns the statement that stores an event for a change of every queue (`q`, its pool is `p`) that the condition finds, with
 * the values at this point of the batch. Each further event occurs a microsecond later.
 */
export function workQueueEvents(what: Change | StatusChange, stamps: Stamps, where: Sql, change: QueueChange = {}): Sql {
  const { name = null, payload = {} } = change;
  const id = stamps.newId();
  const now = stamps.now();
  return sql`${insertEvent}
      select ${idOfRow(id)}, ${now} + row_number() over (order by q.priority, q.id) - 1, ${now}, 'prefect.work-queue.${raw(what)}', 'prefect.work-queue.' || q.id,
        json_object('prefect.resource.id', 'prefect.work-queue.' || q.id, 'prefect.resource.name', coalesce(${name}, q.name), 'prefect.resource.role', 'work-queue'),
        json_array(${relatedPool}), ${stringifyJson(payload)}, null
      from work_queue q join work_pool p on p.id = q.work_pool_id where ${where}
      order by q.priority, q.id`;
}

import type { Json } from "../../schemas/json.ts";
import { stringifyJson } from "../../schemas/json.ts";
import type { Micros } from "../../schemas/time.ts";
import type { Sql } from "../client.ts";
import { sql } from "../sql/tag.ts";

/** Gives what is made its time and its id; the clock of one request never stands still. */
export interface Stamps {
  readonly now: () => Micros;
  readonly newId: () => string;
}

export type StatusChange = "ready" | "not-ready" | "paused";
export type Change = "created" | "updated" | "deleted";

export const insertEvent = "insert into event (id, occurred, received, event, resource_id, resource, related, payload, follows)";

/** An id for each row: the head of a new id, then chance. The rows are found again by the range of the head. */
export const idOfRow = "substr(?, 1, 24) || lower(hex(randomblob(6)))";
export const idsOfHead = (id: string): Sql =>
  sql`select id from event where id between ${`${id.slice(0, 24)}000000000000`} and ${`${id.slice(0, 24)}ffffffffffff`}`;

/** How the pool `p` is named in events, as members of a JSON object. */
export const labelsOfPool = `'prefect.resource.id', 'prefect.work-pool.' || p.id, 'prefect.resource.name', p.name, 'prefect.work-pool.type', p.type`;
const relatedPool = `json_object(${labelsOfPool}, 'prefect.resource.role', 'work-pool')`;

/** A payload that is nothing. */
const nothing = "{}";

/** What the events of a queue say beside its row: a payload, and the name it is about to get. */
interface QueueNews {
  readonly payload?: Json;
  readonly name?: string | undefined;
}

/**
 * Returns the statement that tells one change of every queue (`q`, its pool is `p`) that the condition finds,
 * with the values of this point of the batch. Each further event occurs a microsecond later.
 */
export function tellQueues(what: Change | StatusChange, stamps: Stamps, where: Sql, news: QueueNews = {}): Sql {
  const id = stamps.newId();
  const now = stamps.now();
  return {
    sql: `${insertEvent}
      select ${idOfRow}, ? + row_number() over (order by q.priority, q.id) - 1, ?, 'prefect.work-queue.${what}', 'prefect.work-queue.' || q.id,
        json_object('prefect.resource.id', 'prefect.work-queue.' || q.id, 'prefect.resource.name', coalesce(?, q.name), 'prefect.resource.role', 'work-queue'),
        json_array(${relatedPool}), ?, null
      from work_queue q join work_pool p on p.id = q.work_pool_id where ${where.sql}
      order by q.priority, q.id`,
    args: [id, now, now, news.name ?? null, news.payload === undefined ? nothing : stringifyJson(news.payload), ...where.args],
  };
}

const blockOfPool = "p.storage_configuration ->> '$.default_result_storage_block_id'";

const relatedToPool = `(select json_group_array(json(r.labels)) from (
    select json_object('prefect.resource.id', 'prefect.work-queue.' || p.default_queue_id, 'prefect.resource.role', 'default-queue') labels
      where p.default_queue_id is not null
    union all
    select json_object('prefect.resource.id', 'prefect.block-document.' || (${blockOfPool}), 'prefect.resource.role', 'result-storage')
      where ${blockOfPool} is not null) r)`;

/** Returns the statement that tells a change of the pool (`p`) that the condition finds. */
export function tellPool(what: Change, stamps: Stamps, where: Sql, payload: Json = {}): Sql {
  const id = stamps.newId();
  const now = stamps.now();
  return {
    // A deleted pool is told after all of its queues, which took a microsecond each.
    sql: `${insertEvent}
      select ?, ?${what === "deleted" ? " + (select count(*) from work_queue where work_pool_id = p.id)" : ""}, ?,
        'prefect.work-pool.${what}', 'prefect.work-pool.' || p.id, ${relatedPool},
        ${what === "updated" ? "'[]'" : relatedToPool}, ?, null
      from work_pool p where ${where.sql}`,
    args: [id, now, now, stringifyJson(payload), ...where.args],
  };
}

const tenMinutes = 600_000_000;

interface StatusEvent {
  readonly id: string;
  readonly occurred: Micros;
}

/** Returns the statement that tells the status which the pool (`p`) that the condition finds is about to get. */
export const tellPoolStatus = (what: StatusChange, event: StatusEvent, where: Sql): Sql =>
  poolStatusTold("?", what, event, where);

/** The same for many pools; each event's id has the head of the one given. */
export const tellPoolStatuses = (what: StatusChange, event: StatusEvent, where: Sql): Sql =>
  poolStatusTold(idOfRow, what, event, where);

function poolStatusTold(idSql: string, what: StatusChange, { id, occurred }: StatusEvent, where: Sql): Sql {
  return {
    sql: `${insertEvent}
      select ${idSql}, ?, ?, 'prefect.work-pool.${what}', 'prefect.work-pool.' || p.id, json_object(${labelsOfPool}), '[]', '{}',
        case when p.last_status_event_time > ? then p.last_status_event_id end
      from work_pool p where ${where.sql}`,
    args: [id, occurred, occurred, occurred - tenMinutes, ...where.args],
  };
}

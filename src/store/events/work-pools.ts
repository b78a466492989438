import type { Stamps } from "../../domain/surroundings.ts";
import type { Json } from "../../lib/json.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { nothing, raw, sql } from "../sql/tag.ts";
import { type Change, idOfRow, insertEvent, type StatusChange } from "./write.ts";

/** The labels of the pool `p` in events, as members of a JSON object. */
export const labelsOfPool = raw(
  "'prefect.resource.id', 'prefect.work-pool.' || p.id, 'prefect.resource.name', p.name, 'prefect.work-pool.type', p.type",
);
/** The pool `p` as a related resource. */
export const relatedPool = sql`json_object(${labelsOfPool}, 'prefect.resource.role', 'work-pool')`;

const blockOfPool = raw("p.storage_configuration ->> '$.default_result_storage_block_id'");

const relatedToPool = sql`(select json_group_array(json(r.labels)) from (
    select json_object('prefect.resource.id', 'prefect.work-queue.' || p.default_queue_id, 'prefect.resource.role', 'default-queue') labels
      where p.default_queue_id is not null
    union all
    select json_object('prefect.resource.id', 'prefect.block-document.' || (${blockOfPool}), 'prefect.resource.role', 'result-storage')
      where ${blockOfPool} is not null) r)`;

/** Returns the statement that stores an event for a change of the pool (`p`) that the condition finds. */
export function workPoolEvent(what: Change, stamps: Stamps, where: Sql, payload: Json = {}): Sql {
  const id = stamps.newId();
  const now = stamps.now();
  // The event of a deleted pool occurs after those of its queues, which take a microsecond each.
  const later = what === "deleted" ? raw(" + (select count(*) from work_queue where work_pool_id = p.id)") : nothing;
  return sql`${insertEvent}
      select ${id}, ${now}${later}, ${now},
        'prefect.work-pool.${raw(what)}', 'prefect.work-pool.' || p.id, ${relatedPool},
        ${what === "updated" ? raw("'[]'") : relatedToPool}, ${stringifyJson(payload)}, null
      from work_pool p where ${where}`;
}

const tenMinutes: Micros = 600_000_000;

interface StatusEvent {
  readonly id: string;
  readonly occurred: Micros;
}

/** The event name of each status of a work pool or work queue. */
export const statusEventNames: Record<string, StatusChange> = { READY: "ready", NOT_READY: "not-ready", PAUSED: "paused" };

/** Returns the statement that stores the event for the status that the pool (`p`) found by the condition is about to get. */
export const workPoolStatusEvent = (what: StatusChange, event: StatusEvent, where: Sql): Sql =>
  statusEvents(sql`${event.id}`, what, event, where);

/** The same for many pools; the ids of their events share the given id's head. */
export const workPoolStatusEvents = (what: StatusChange, event: StatusEvent, where: Sql): Sql =>
  statusEvents(idOfRow(event.id), what, event, where);

const statusEvents = (id: Sql, what: StatusChange, { occurred }: StatusEvent, where: Sql): Sql => sql`${insertEvent}
      select ${id}, ${occurred}, ${occurred}, 'prefect.work-pool.${raw(what)}', 'prefect.work-pool.' || p.id, json_object(${labelsOfPool}), '[]', '{}',
        case when p.last_status_event_time > ${occurred - tenMinutes} then p.last_status_event_id end
      from work_pool p where ${where}`;

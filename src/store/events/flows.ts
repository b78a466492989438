import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import type { Change, Stamp } from "./write.ts";

const insertFlowEvent = raw("insert into event (id, occurred, received, event, resource_id, resource, payload)");

const body = (what: Change): Sql => sql`'prefect.flow.${raw(what)}', 'prefect.flow.' || f.id,
  json_object('prefect.resource.id', 'prefect.flow.' || f.id, 'prefect.resource.name', f.name),
  json_object('name', f.name, 'tags', json(f.tags), 'labels', json(f.labels))`;

/**
 * Returns the statement that stores an event for a change of the flow that the condition finds, with the values at this point of
 * the batch.
 */
export const flowEvent = (what: Change, { now, eventId }: Stamp, condition: Sql): Sql =>
  sql`${insertFlowEvent} select ${eventId}, ${now}, ${now}, ${body(what)} from flow f where ${condition}`;

/** Returns the statement that stores a `deleted` event for each flow in a statement of ids; `eventIds` holds one id for each. */
export const deletedFlowsEvents = (chosen: Sql, eventIds: readonly string[], now: Micros): Sql =>
  sql`${insertFlowEvent} select e.value, ${now} + e.key, ${now} + e.key, ${body("deleted")}
      from (select id, row_number() over () - 1 as position from (${chosen})) c
      join flow f on f.id = c.id join json_each(${stringifyJson(eventIds)}) e on e.key = c.position`;

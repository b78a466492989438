import type { Event } from "../domain/events/event.ts";
import { stringifyJson } from "../schemas/json.ts";
import type { Micros } from "../schemas/time.ts";
import type { Sql } from "./client.ts";

/** A condition under which a statement of a batch applies. */
export type Guard = Sql;

const always: Guard = { sql: "1", args: [] };

/**
 * Returns the statements that store events once by id, with their related resources; all of a group in two statements.
 * With a guard nothing is stored unless it holds.
 */
export function insertEvents(events: readonly Event[], received: Micros, guard: Guard = always): Sql[] {
  if (events.length === 0) return [];
  const rows = stringifyJson(
    events.map((e) => ({
      ...e,
      resource: stringifyJson(e.resource),
      related: stringifyJson(e.related),
      payload: stringifyJson(e.payload),
    })),
  );
  const stored: Sql = {
    sql: `insert into event (id, occurred, received, event, resource_id, resource, related, payload, follows)
      select e.value ->> 'id', e.value ->> 'occurred', ?, e.value ->> 'event', json_extract(e.value ->> 'resource', '$."prefect.resource.id"'),
        e.value ->> 'resource', e.value ->> 'related', e.value ->> 'payload', e.value ->> 'follows'
      from json_each(?) e where ${guard.sql} order by e.key on conflict (id) do nothing`,
    args: [received, rows, ...guard.args],
  };
  const ids = stringifyJson(events.filter((e) => e.related.length > 0).map((e) => e.id));
  return ids === "[]" ? [stored] : [stored, relateEvents({ sql: "select value from json_each(?)", args: [ids] })];
}

/** Returns the statement that writes the related resources of stored events, found by a select of their ids. Harmless when repeated. */
export function relateEvents(ids: Sql): Sql {
  return {
    sql: `insert into event_related (event_id, position, resource_id, role, occurred, labels)
      select e.id, r.key, r.value ->> '$."prefect.resource.id"', r.value ->> '$."prefect.resource.role"', e.occurred, r.value
      from event e, json_each(e.related) r where e.id in (${ids.sql}) on conflict do nothing`,
    args: ids.args,
  };
}

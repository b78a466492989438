import type { Event } from "../../domain/events/event.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { always, type Guard, raw, sql } from "../sql/tag.ts";

/** When one change happens, and the id of its event. */
export interface Stamp {
  readonly now: Micros;
  readonly eventId: string;
}

export type StatusChange = "ready" | "not-ready" | "paused";
export type Change = "created" | "updated" | "deleted";

/** The columns of an event that is emitted by the server. */
export const insertEvent = raw(
  "insert into event (id, occurred, received, event, resource_id, resource, related, payload, follows)",
);

/** Returns the select of a related resource's labels, which finds none where the id, an expression, is null. */
export const relatedResource = (kind: string, id: string, role: string): Sql =>
  raw(
    `select json_object('prefect.resource.id', 'prefect.${kind}.' || ${id}, 'prefect.resource.role', '${role}') labels where ${id} is not null`,
  );

/**
 * Returns an expression for one id per row: the head of a new id, then random digits. The rows are found again by the head's
 * range.
 */
export const idOfRow = (id: string): Sql => sql`substr(${id}, 1, 24) || lower(hex(randomblob(6)))`;
export const idsOfHead = (id: string): Sql =>
  sql`select id from event where id between ${`${id.slice(0, 24)}000000000000`} and ${`${id.slice(0, 24)}ffffffffffff`}`;

/**
 * Returns the statements that store events, idempotent by id: one for a group, none for none, conditional on the guard if given.
 * A trigger writes their related resources, a block of events at a time: see `relatedBlock`.
 */
export function insertEvents(events: readonly Event[], received: Micros, guard: Guard = always): Sql[] {
  if (events.length === 0) return [];
  const rows = stringifyJson(
    events.map((e) => [
      e.id,
      e.occurred,
      e.event,
      e.resource["prefect.resource.id"],
      stringifyJson(e.resource),
      stringifyJson(e.related),
      stringifyJson(e.payload),
      e.follows,
    ]),
  );
  return [
    sql`insert into event (received, id, occurred, event, resource_id, resource, related, payload, follows)
      select ${received}, e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5, e.value ->> 6, e.value ->> 7
      from json_each(${rows}) e where ${guard} order by e.key on conflict (id) do nothing`,
  ];
}

import type { ConcurrencyLimitV2Update } from "../../schemas/concurrency-limits-v2.ts";
import type { Sql } from "../client.ts";
import { sql } from "../sql/tag.ts";
import type { Change, Stamp } from "./write.ts";

type Changes = Pick<ConcurrencyLimitV2Update, "name" | "limit" | "active" | "slot_decay_per_second">;

/**
 * Returns the statement that stores an event for a change of the limit (`l`) that the condition finds: with the values at this
 * point of the batch, or with those of a later update in it.
 */
export function limitEvent(what: Change | Sql, { now, eventId }: Stamp, condition: Sql, changes: Changes = {}): Sql {
  const event: Sql = typeof what === "string" ? sql`${what}` : what;
  const { name = null, limit = null, active = null, slot_decay_per_second: decay = null } = changes;
  return sql`insert into event (id, occurred, received, event, resource_id, resource, payload)
      select ${eventId}, ${now}, ${now}, 'prefect.concurrency-limit.' || ${event}, 'prefect.concurrency-limit.' || l.id,
        json_object('prefect.resource.id', 'prefect.concurrency-limit.' || l.id, 'prefect.resource.name', coalesce(${name}, l.name)),
        json_object('name', coalesce(${name}, l.name), 'limit', coalesce(${limit}, l."limit"),
          'active', json(case when coalesce(${active}, l.active) = 1 then 'true' else 'false' end),
          'slot_decay_per_second', coalesce(${decay}, l.slot_decay_per_second))
      from concurrency_limit l where ${condition}`;
}

import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import type { Change, Stamp } from "./write.ts";

/** Returns the statement that stores an event for a change of the variable that the condition finds, with its values at this point of the batch. */
export const variableEvent = (what: Change, { now, eventId }: Stamp, condition: Sql): Sql =>
  sql`insert into event (id, occurred, received, event, resource_id, resource, payload)
    select ${eventId}, ${now}, ${now}, 'prefect.variable.${raw(what)}', 'prefect.variable.' || v.id,
      json_object('prefect.resource.id', 'prefect.variable.' || v.id, 'prefect.resource.name', v.name),
      json_object('name', v.name, 'value', json(coalesce(v.value, 'null')), 'tags', json(v.tags))
    from variable v where ${condition}`;

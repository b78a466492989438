import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import { type Change, insertEvent, type Stamp } from "./write.ts";

const body = (what: Change): Sql => sql`'prefect.block-type.${raw(what)}', 'prefect.block-type.' || b.id,
  json_object('prefect.resource.id', 'prefect.block-type.' || b.id, 'prefect.resource.name', b.name), '[]',
  json_object('name', b.name, 'slug', b.slug, 'logo_url', b.logo_url, 'documentation_url', b.documentation_url,
    'description', b.description, 'code_example', b.code_example, 'is_protected', json(iif(b.is_protected, 'true', 'false'))), null`;

/** Returns the statement that stores an event for a change of the block type (`b`) that the condition finds. */
export const blockTypeEvent = (what: Change, { now, eventId }: Stamp, condition: Sql): Sql =>
  sql`${insertEvent} select ${eventId}, ${now}, ${now}, ${body(what)} from block_type b where ${condition}`;

/** Returns the statement that stores an event for each of these block types that is there, with an id of an event for each. */
export const createdBlockTypeEvents = (
  made: readonly { readonly id: string; readonly eventId: string }[],
  now: Micros,
): Sql => sql`${insertEvent} select e.value ->> 'eventId', ${now} + e.key, ${now} + e.key, ${body("created")}
    from json_each(${stringifyJson(made)}) e join block_type b on b.id = e.value ->> 'id'`;

import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import { type Change, insertEvent, type Stamp } from "./write.ts";

// Of the data as they are shown only texts of the first level, and none of a field that is secret as a whole.
const shownTexts = raw(`(select json_group_object(m.key, m.value) from json_each(d.data) m
    where m.type = 'text' and m.key not in (select value from json_each(s.fields, '$.secret_fields')))`);

/** Returns the statement that stores an event for a change of the named document (`d`) that the condition finds; anonymous ones tell nothing. */
export const blockDocumentEvent = (what: Change, { now, eventId }: Stamp, condition: Sql): Sql => sql`${insertEvent}
  select ${eventId}, ${now}, ${now}, 'prefect.block-document.${raw(what)}', 'prefect.block-document.' || d.id,
    json_object('prefect.resource.id', 'prefect.block-document.' || d.id, 'prefect.resource.name', d.name),
    json_array(
      json_object('prefect.resource.id', 'prefect.block-type.' || b.id, 'prefect.resource.role', 'block-type', 'prefect.resource.name', b.name),
      json_object('prefect.resource.id', 'prefect.block-schema.' || s.id, 'prefect.resource.role', 'block-schema')),
    json_object('name', d.name, 'data', json(${shownTexts}), 'block_schema', json_object('capabilities', json(s.capabilities),
      'block_type', json_object('id', b.id, 'name', b.name))), null
  from block_document d join block_type b on b.id = d.block_type_id join block_schema s on s.id = d.block_schema_id
  where ${condition} and d.is_anonymous = 0`;

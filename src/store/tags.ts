import { stringifyJson } from "../lib/json.ts";
import type { Sql } from "./client.ts";
import { raw, sql } from "./sql/tag.ts";

type Tagged = "flow" | "flow_run" | "task_run" | "deployment" | "variable" | "automation";

/** Returns the statement that stores the tags of a new object for searches; it does nothing if the object was not stored. */
export const addTags = (kind: Tagged, id: string, tags: readonly string[]): Sql[] =>
  tags.length === 0
    ? []
    : [
        sql`insert into ${raw(kind)}_tag (tag, ${raw(kind)}_id) select distinct t.value, o.id from json_each(${stringifyJson(tags)}) t, ${raw(kind)} o where o.id = ${id} on conflict do nothing`,
      ];

/** Returns the statements that replace an object's tags for searches. */
export const replaceTags = (kind: Tagged, id: string, tags: readonly string[]): Sql[] => [
  sql`delete from ${raw(kind)}_tag where ${raw(kind)}_id = ${id}`,
  ...addTags(kind, id, tags),
];

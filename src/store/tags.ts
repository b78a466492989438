import { stringifyJson } from "../schemas/json.ts";
import type { Sql } from "./client.ts";

type Tagged = "flow" | "flow_run" | "task_run" | "deployment";

const statements = (kind: Tagged) => ({
  remove: `delete from ${kind}_tag where ${kind}_id = ?`,
  add: `insert into ${kind}_tag (tag, ${kind}_id) select distinct t.value, o.id from json_each(?) t, ${kind} o where o.id = ? on conflict do nothing`,
});

const byKind: Record<Tagged, ReturnType<typeof statements>> = {
  flow: statements("flow"),
  flow_run: statements("flow_run"),
  task_run: statements("task_run"),
  deployment: statements("deployment"),
};

/** Returns the statement that makes the tags of a new object searchable; nothing happens where the object was not stored. */
export const addTags = (kind: Tagged, id: string, tags: readonly string[]): Sql[] =>
  tags.length === 0 ? [] : [{ sql: byKind[kind].add, args: [stringifyJson(tags), id] }];

/** Returns the statements that make exactly these tags searchable. */
export const replaceTags = (kind: Tagged, id: string, tags: readonly string[]): Sql[] => [
  { sql: byKind[kind].remove, args: [id] },
  ...addTags(kind, id, tags),
];

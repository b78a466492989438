import type { Operator } from "../schemas/filters/members.ts";
import type { Relation } from "./relations.ts";

export type Value = string | number;

/** The columns that filters look at. Emission has one entry for each, so no other text can become a column. */
export type Column =
  | "id"
  | "name"
  | "type"
  | "status"
  | "tags"
  | "paused"
  | "flow_id"
  | "deployment_id"
  | "work_queue_id"
  | "work_pool_id"
  | "flow_run_id"
  | "task_run_id"
  | "key"
  | "latest_id"
  | "parent_task_run_id"
  | "work_queue_name"
  | "state_type"
  | "state_name"
  | "flow_version"
  | "idempotency_key"
  | "start_time"
  | "end_time"
  | "start_or_expected"
  | "expected_start_time"
  | "next_scheduled_start_time"
  | "last_heartbeat_time"
  | "created"
  | "created_by"
  | "created_by.id"
  | "created_by.type";

/** The entities whose tags stand in a table of their own. */
export type Tagged = "flow" | "flow_run" | "task_run" | "deployment" | "variable" | "automation";

/** A condition on one row, as plain data. A null in a column is never in, not in, like, before or after anything. */
export type Predicate =
  | { kind: "always" }
  | { kind: "never" }
  | { kind: "and"; parts: readonly Predicate[] }
  | { kind: "or"; parts: readonly Predicate[] }
  | { kind: "in"; column: Column; values: readonly Value[] }
  | { kind: "not_in"; column: Column; values: readonly Value[] }
  | { kind: "null"; column: Column }
  | { kind: "not_null"; column: Column }
  | { kind: "at_most"; column: Column; value: number }
  | { kind: "at_least"; column: Column; value: number }
  | { kind: "contains"; column: Column; text: string }
  | { kind: "starts_with"; column: Column; texts: readonly string[] }
  | { kind: "untagged" }
  | { kind: "tagged" }
  | { kind: "all_tags"; of: Tagged; tags: readonly string[] }
  | { kind: "any_tag"; of: Tagged; tags: readonly string[] }
  | { kind: "some"; relation: Relation; where: Predicate }
  | { kind: "no"; relation: Relation; where: Predicate };

export const always: Predicate = { kind: "always" };
export const never: Predicate = { kind: "never" };

/** What is left of a list of conditions of which some were not sent. */
export type Conditions = readonly (Predicate | undefined)[];

const sent = (parts: Conditions): Predicate[] => parts.filter((part) => part !== undefined);

export const and = (...parts: Conditions): Predicate => ({ kind: "and", parts: sent(parts) });

/** Joins the conditions that were sent; none at all is true, whatever the operator. */
export const join = (operator: Operator, ...parts: Conditions): Predicate => {
  const given = sent(parts);
  return operator === "or_" && given.length > 0 ? { kind: "or", parts: given } : { kind: "and", parts: given };
};

export const isIn = (column: Column, values: readonly Value[] | undefined): Predicate | undefined =>
  values && { kind: "in", column, values };

/** An empty list of refused values is no condition. */
export const isNotIn = (column: Column, values: readonly Value[] | undefined): Predicate | undefined =>
  values && values.length > 0 ? { kind: "not_in", column, values } : undefined;

export const isNull = (column: Column, wanted: boolean | undefined): Predicate | undefined =>
  wanted === undefined ? undefined : { kind: wanted ? "null" : "not_null", column };

export const atMost = (column: Column, value: number | undefined): Predicate | undefined =>
  value === undefined ? undefined : { kind: "at_most", column, value };

export const atLeast = (column: Column, value: number | undefined): Predicate | undefined =>
  value === undefined ? undefined : { kind: "at_least", column, value };

/** Tells whether LIKE takes a text. SQLite refuses patterns beyond 50,000 bytes and ends them at a NUL: what such a text asks for is in no name. */
export const canBePattern = (text: string) => text.length <= 16_000 && !text.includes("\0");

/** An empty text is no condition. */
export function contains(column: Column, text: string | undefined): Predicate | undefined {
  if (!text) return undefined;
  return canBePattern(text) ? { kind: "contains", column, text } : never;
}

export const startsWith = (column: Column, texts: readonly string[] | undefined): Predicate | undefined =>
  texts && texts.length > 0 ? { kind: "starts_with", column, texts: texts.filter(canBePattern) } : undefined;

const tagsAskedOneByOne = 8;

/** An empty list of required tags is no condition. A short one is asked tag by tag, so that the rarest can lead the search. */
export function hasAllTags(of: Tagged, tags: readonly string[] | undefined): Predicate | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  const distinct = [...new Set(tags)];
  return distinct.length > tagsAskedOneByOne
    ? { kind: "all_tags", of, tags: distinct }
    : and(...distinct.map((tag): Predicate => ({ kind: "any_tag", of, tags: [tag] })));
}

export const hasAnyTag = (of: Tagged, tags: readonly string[] | undefined): Predicate | undefined =>
  tags && { kind: "any_tag", of, tags };

export const isUntagged = (wanted: boolean | undefined): Predicate | undefined =>
  wanted === undefined ? undefined : { kind: wanted ? "untagged" : "tagged" };

/** Asks for a related row that meets all conditions at once. */
export const some = (relation: Relation, ...where: Conditions): Predicate => ({ kind: "some", relation, where: and(...where) });

export const exists = (relation: Relation, wanted: boolean | undefined): Predicate | undefined =>
  wanted === undefined ? undefined : { kind: wanted ? "some" : "no", relation, where: always };

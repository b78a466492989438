import { parseTextQuery } from "../../domain/text-search.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { LogFilter } from "../../schemas/filters/logs.ts";
import type { Sql } from "../client.ts";
import { joined, raw, sql } from "../sql/tag.ts";
import { searchConditions } from "../sql/text-search.ts";

/** Returns the condition that a log (alias l) matches a filter. */
export function logCondition(filter: LogFilter | undefined): Sql {
  if (filter === undefined) return sql`1`;
  const search =
    filter.text === undefined ? [] : searchConditions("(l.message || ' ' || l.name)", parseTextQuery(filter.text.query));
  const conditions = [...fieldConditions(filter), ...search];
  return joinWith(filter.operator === "or_" ? " or " : " and ", conditions);
}

// A member without conditions is true: with `or_` every log matches.
/** Returns the conditions of a filter's members without its search text, one for each member. */
export function fieldConditions({ level, timestamp, flow_run_id, task_run_id }: LogFilter): Sql[] {
  return [
    level && all([bound("l.level >=", level.ge_), bound("l.level <=", level.le_)]),
    timestamp && all([bound("l.timestamp <=", timestamp.before_), bound("l.timestamp >=", timestamp.after_)]),
    flow_run_id && all([oneOf("l.flow_run_id", flow_run_id.any_)]),
    task_run_id && all([oneOf("l.task_run_id", task_run_id.any_), nullness("l.task_run_id", task_run_id.is_null_)]),
  ].filter((condition) => condition !== undefined);
}

const all = (parts: readonly (Sql | null)[]): Sql =>
  joinWith(
    " and ",
    parts.filter((part) => part !== null),
  );

const bound = (compared: string, value: number | undefined): Sql | null =>
  value === undefined ? null : sql`${raw(compared)} ${value}`;

function oneOf(column: string, values: readonly string[] | undefined): Sql | null {
  const [first, second] = values ?? [];
  if (values === undefined) return null;
  if (first !== undefined && second === undefined) return sql`${raw(column)} = ${first}`;
  return sql`${raw(column)} in (select value from json_each(${stringifyJson(values)}))`;
}

const nullness = (column: string, wanted: boolean | undefined): Sql | null =>
  wanted === undefined ? null : sql`${raw(column)} is ${raw(wanted ? "" : "not ")}null`;

/** Returns conditions joined by a word, in parentheses; without conditions the one that always holds. */
export function joinWith(word: string, parts: readonly Sql[]): Sql {
  if (parts.length === 0) return sql`1`;
  return sql`(${joined(parts, word)})`;
}

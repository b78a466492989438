import type { InValue } from "@libsql/client";
import type { Column, Predicate, Tagged, Value } from "../../filters/predicate.ts";
import { type Relation, relations } from "../../filters/relations.ts";

/** Text of SQL with its parameters in order. */
export interface Sql {
  sql: string;
  args: InValue[];
}

const sql = (text: string, ...args: InValue[]): Sql => ({ sql: text, args });

const plain = (column: string) => (alias: string) => `${alias}.${column}`;
const fromJson = (column: string, key: string) => (alias: string) => `${alias}.${column} ->> '${key}'`;

const columns: Record<Column, (alias: string) => string> = {
  id: plain("id"),
  name: plain("name"),
  type: plain("type"),
  status: plain("status"),
  tags: plain("tags"),
  paused: plain("paused"),
  deployment_id: plain("deployment_id"),
  flow_run_id: plain("flow_run_id"),
  parent_task_run_id: plain("parent_task_run_id"),
  work_queue_name: plain("work_queue_name"),
  state_type: plain("state_type"),
  state_name: plain("state_name"),
  flow_version: plain("flow_version"),
  idempotency_key: plain("idempotency_key"),
  start_time: plain("start_time"),
  end_time: plain("end_time"),
  start_or_expected: plain("start_or_expected"),
  expected_start_time: plain("expected_start_time"),
  next_scheduled_start_time: plain("next_scheduled_start_time"),
  last_heartbeat_time: plain("last_heartbeat_time"),
  created_by: plain("created_by"),
  "created_by.id": fromJson("created_by", "id"),
  "created_by.type": fromJson("created_by", "type"),
};

const tagTables: Record<Tagged, { table: string; owner: string }> = {
  flow: { table: "flow_tag", owner: "flow_id" },
  flow_run: { table: "flow_run_tag", owner: "flow_run_id" },
  task_run: { table: "task_run_tag", owner: "task_run_id" },
  deployment: { table: "deployment_tag", owner: "deployment_id" },
};

/**
 * Returns a condition as SQL on the row with this alias. Every value is a parameter; a list is one, as JSON.
 * Related rows are asked for by EXISTS, so that no row of the list is doubled.
 */
export function emit(predicate: Predicate, alias: string): Sql {
  let aliases = 0;
  const nextAlias = () => `x${++aliases}`;
  return emitOn(predicate, alias, nextAlias);
}

function emitOn(predicate: Predicate, alias: string, nextAlias: () => string): Sql {
  switch (predicate.kind) {
    case "always":
      return sql("1");
    case "never":
      return sql("0");
    case "and":
      return joinWith(
        " AND ",
        predicate.parts.map((part) => emitOn(part, alias, nextAlias)),
        "1",
      );
    case "or":
      return joinWith(
        " OR ",
        predicate.parts.map((part) => emitOn(part, alias, nextAlias)),
        "0",
      );
    case "in":
      return isOneOf(columns[predicate.column](alias), predicate.values);
    case "not_in":
      return sql(`${columns[predicate.column](alias)} NOT IN ${listed}`, JSON.stringify(predicate.values));
    case "null":
      return sql(`${columns[predicate.column](alias)} IS NULL`);
    case "not_null":
      return sql(`${columns[predicate.column](alias)} IS NOT NULL`);
    case "at_most":
      return sql(`${columns[predicate.column](alias)} <= ?`, predicate.value);
    case "at_least":
      return sql(`${columns[predicate.column](alias)} >= ?`, predicate.value);
    case "contains":
      return sql(`${columns[predicate.column](alias)} LIKE ?`, `%${predicate.text}%`);
    case "starts_with":
      return startsWithOneOf(columns[predicate.column](alias), predicate.texts);
    case "untagged":
      return sql(`${alias}.tags = '[]'`);
    case "tagged":
      return sql(`${alias}.tags <> '[]'`);
    case "all_tags":
      return hasAllTags(predicate.of, alias, predicate.tags);
    case "any_tag":
      return hasAnyTag(predicate.of, alias, predicate.tags);
    case "some":
      return exists(predicate, alias, nextAlias);
    case "no": {
      const found = exists(predicate, alias, nextAlias);
      return { sql: `NOT ${found.sql}`, args: found.args };
    }
    default:
      return assertNever(predicate);
  }
}

const listed = "(SELECT value FROM json_each(?))";

function isOneOf(column: string, values: readonly Value[]): Sql {
  const [first, second] = values;
  if (first === undefined) return sql("0");
  return second === undefined ? sql(`${column} = ?`, first) : sql(`${column} IN ${listed}`, JSON.stringify(values));
}

function startsWithOneOf(column: string, texts: readonly string[]): Sql {
  return sql(
    `EXISTS (SELECT 1 FROM json_each(?) AS prefix WHERE ${column} LIKE prefix.value)`,
    JSON.stringify(texts.map((text) => `${text}%`)),
  );
}

function hasAnyTag(of: Tagged, alias: string, tags: readonly string[]): Sql {
  const { table, owner } = tagTables[of];
  const matches = isOneOf("tag", tags);
  return { sql: `EXISTS (SELECT 1 FROM ${table} WHERE ${owner} = ${alias}.id AND ${matches.sql})`, args: matches.args };
}

function hasAllTags(of: Tagged, alias: string, tags: readonly string[]): Sql {
  const { table, owner } = tagTables[of];
  const [, second] = tags;
  if (second === undefined) return hasAnyTag(of, alias, tags);
  return sql(
    `NOT EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE ${owner} = ${alias}.id AND tag = wanted.value))`,
    JSON.stringify(tags),
  );
}

function exists(predicate: { relation: Relation; where: Predicate }, alias: string, nextAlias: () => string): Sql {
  const { to, key, by } = relations[predicate.relation];
  const related = nextAlias();
  const linked = sql(`${related}.${key} = ${alias}.${by}`);
  const found =
    predicate.where.kind === "always" ? linked : joinWith(" AND ", [linked, emitOn(predicate.where, related, nextAlias)], "1");
  return { sql: `EXISTS (SELECT 1 FROM ${to} AS ${related} WHERE ${found.sql})`, args: found.args };
}

// A list of one stands without brackets; a nested list always has them.
function joinWith(word: string, parts: readonly Sql[], empty: string): Sql {
  if (parts.length === 0) return sql(empty);
  return { sql: `(${parts.map((part) => part.sql).join(word)})`, args: parts.flatMap((part) => part.args) };
}

function assertNever(value: never): never {
  throw new Error(`No SQL for ${JSON.stringify(value)}`);
}

import type { Column, Predicate, Tagged, Value } from "../../filters/predicate.ts";
import { type Relation, relations } from "../../filters/relations.ts";
import type { Sql } from "../client.ts";
import { joined, nothing, raw, sql } from "./tag.ts";

/**
 * How a condition takes part in the search, said because SQLite has no statistics here (libSQL refuses ANALYZE):
 * `free`: SQLite may choose: single related rows and tags are a list that is made once, columns may be searched by their index;
 * `ask`: the rows come in another way and each is asked: subqueries are correlated, indexes of columns are not used;
 * `ask_by_index`: the rows come by a named index or all are asked: an index may narrow them further, subqueries on runs and tags are correlated,
 *   and of what there are few (flows, deployments, queues, pools) those that match are a list that is made once;
 * `try`: as `ask`, but of many related rows only the first are looked at: for a guess of what is common;
 * `try_further`: the same with more of them, for a guess that ends at the first rows without a match.
 */
export type Use = "free" | "ask" | "ask_by_index" | "try" | "try_further";

const relatedTried: Partial<Record<Use, number>> = { try: 20, try_further: 200 };

const plain = (column: string) => (alias: string) => raw(`${alias}.${column}`);
const fromJson = (column: string, key: string) => (alias: string) => raw(`(${alias}.${column} ->> '${key}')`);

const columns: Record<Column, (alias: string) => Sql> = {
  id: plain("id"),
  name: plain("name"),
  type: plain("type"),
  status: plain("status"),
  tags: plain("tags"),
  paused: plain("paused"),
  flow_id: plain("flow_id"),
  deployment_id: plain("deployment_id"),
  work_queue_id: plain("work_queue_id"),
  work_pool_id: plain("work_pool_id"),
  flow_run_id: plain("flow_run_id"),
  task_run_id: plain("task_run_id"),
  key: plain("key"),
  latest_id: plain("latest_id"),
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
  created: plain("created"),
  created_by: plain("created_by"),
  "created_by.id": fromJson("created_by", "id"),
  "created_by.type": fromJson("created_by", "type"),
};

export const tagTables: Record<Tagged, { table: string; owner: string }> = {
  flow: { table: "flow_tag", owner: "flow_id" },
  flow_run: { table: "flow_run_tag", owner: "flow_run_id" },
  task_run: { table: "task_run_tag", owner: "task_run_id" },
  deployment: { table: "deployment_tag", owner: "deployment_id" },
  variable: { table: "variable_tag", owner: "variable_id" },
  automation: { table: "automation_tag", owner: "automation_id" },
};

/**
 * Returns a condition as SQL on the row with this alias. Every value is a parameter, a list is one as JSON.
 * Related rows are asked for in subqueries, never joined, so that no row of a list is doubled.
 */
export function emit(predicate: Predicate, alias: string, use: Use = "free"): Sql {
  let aliases = 0;
  return emitOn(predicate, { alias, use, nextAlias: () => `x${++aliases}` });
}

interface Place {
  alias: string;
  use: Use;
  nextAlias: () => string;
}

function emitOn(predicate: Predicate, place: Place): Sql {
  const { alias } = place;
  switch (predicate.kind) {
    case "always":
      return sql`1`;
    case "never":
      return sql`0`;
    case "and":
    case "or":
      return joinWith(predicate.kind, predicate.parts, place);
    case "in":
      return isIn(predicate.column, predicate.values, place);
    case "not_in":
      return sql`${columns[predicate.column](alias)} NOT IN ${listed(predicate.values)}`;
    case "null":
      return hasIt(sql`${column(predicate.column, place)} IS NULL`, place);
    case "not_null":
      return sql`${column(predicate.column, place)} IS NOT NULL`;
    case "at_most":
      return sql`${column(predicate.column, place)} <= ${predicate.value}`;
    case "at_least":
      return sql`${column(predicate.column, place)} >= ${predicate.value}`;
    case "contains":
      return sql`${columns[predicate.column](alias)} LIKE ${`%${predicate.text}%`}`;
    case "starts_with":
      return startsWithOneOf(columns[predicate.column](alias), predicate.texts);
    case "untagged":
      return hasIt(sql`${raw(alias)}.tags = '[]'`, place);
    case "tagged":
      return sql`${raw(alias)}.tags <> '[]'`;
    case "any_tag":
      return hasAnyTag(predicate.of, predicate.tags, place);
    case "all_tags":
      return hasAllTags(predicate.of, predicate.tags, place);
    case "some":
      return some(predicate, place);
    case "no":
      return sql`NOT ${exists(predicate.relation, predicate.where, place)}`;
    default:
      return assertNever(predicate);
  }
}

const listed = (values: readonly Value[]): Sql => sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;

// A unary plus keeps SQLite from searching by the column's index.
const column = (name: Column, { alias, use }: Place): Sql =>
  use === "free" || use === "ask_by_index" ? columns[name](alias) : sql`+${columns[name](alias)}`;

// An index may hold whether a row is so; SQLite 3.45 reads it from there where it is compared with a number, else from the row.
const hasIt = (condition: Sql, { use }: Place): Sql => (use === "ask_by_index" ? sql`(${condition}) = 1` : condition);

// The index on the creator holds only runs that have one, which SQLite wants to be told.
function isIn(name: Column, values: readonly Value[], place: Place): Sql {
  const found = isOneOf(column(name, place), values);
  if (name !== "created_by.id" && name !== "created_by.type") return found;
  return sql`(${raw(place.alias)}.created_by IS NOT NULL AND ${found})`;
}

/** Returns that an expression is one of the values, which are bound. */
export function isOneOf(expression: Sql, values: readonly Value[]): Sql {
  const [first, second] = values;
  if (first === undefined) return sql`0`;
  return second === undefined ? sql`${expression} = ${first}` : sql`${expression} IN ${listed(values)}`;
}

function startsWithOneOf(expression: Sql, texts: readonly string[]): Sql {
  const patterns = JSON.stringify(texts.map((prefix) => `${prefix}%`));
  return sql`EXISTS (SELECT 1 FROM json_each(${patterns}) AS prefix WHERE ${expression} LIKE prefix.value)`;
}

// Of several tags each row is asked by its own, which are few; one is found by both columns of the key.
function hasAnyTag(of: Tagged, tags: readonly string[], { alias, use }: Place): Sql {
  const { table, owner } = tagTables[of];
  if (use === "free") {
    const matches = isOneOf(raw("tag"), tags);
    return sql`${raw(alias)}.id IN (SELECT ${raw(owner)} FROM ${raw(table)} WHERE ${matches})`;
  }
  const matches = isOneOf(raw(tags.length > 1 ? "+tag" : "tag"), tags);
  return sql`EXISTS (SELECT 1 FROM ${raw(table)} WHERE ${matches} AND ${raw(owner)} = ${raw(alias)}.id)`;
}

function hasAllTags(of: Tagged, tags: readonly string[], { alias }: Place): Sql {
  const { table, owner } = tagTables[of];
  const has = raw(`EXISTS (SELECT 1 FROM ${table} WHERE tag = wanted.value AND ${owner} = ${alias}.id)`);
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(tags)}) AS wanted WHERE NOT ${has})`;
}

function some({ relation, where }: { relation: Relation; where: Predicate }, place: Place): Sql {
  const link = relations[relation];
  const isList = place.use === "free" || (place.use === "ask_by_index" && link.to !== "flow_run" && link.to !== "task_run");
  if (!isList || link.key !== "id") return exists(relation, where, place);
  const related = place.nextAlias();
  const condition = restriction(where, { ...place, use: "free", alias: related });
  const own = raw(`${place.use === "free" ? "" : "+"}${place.alias}.${link.by}`);
  const list = raw(`SELECT ${related}.${link.key} FROM ${link.to} AS ${related}`);
  return sql`${own} IN (${list}${condition})`;
}

/**
 * The indexes by which the related rows of one row are found. They are named in the statement: without statistics SQLite takes an index on
 * any other column for as good, and reads all rows with that value for each row that it asks.
 */
export const linkIndexes: Partial<Record<Relation, string>> = {
  "flow.flow_runs": "ix_flow_run__flow_id",
  "flow.deployments": "uq_deployment__flow_id_name",
  "flow_run.task_runs": "ix_task_run__flow_run_id_state_type",
  "task_run.subflow_runs": "ix_flow_run__parent_task_run_id",
  "deployment.flow_runs": "ix_flow_run__deployment_id",
};

// The second column of these indexes is the state's type: who asks for it is led past all other rows.
const leadsToStates = new Set<Relation>(["flow.flow_runs", "flow_run.task_runs", "deployment.flow_runs"]);

function exists(relation: Relation, where: Predicate, place: Place): Sql {
  const link = relations[relation];
  const index = linkIndexes[relation];
  const related = place.nextAlias();
  const isTried = relatedTried[place.use] !== undefined && index !== undefined && where.kind !== "always";
  const isAsked = isTried || (index === undefined && place.use !== "ask_by_index");
  const inner: Place = { ...place, alias: related, use: isAsked ? "ask" : "ask_by_index" };
  const from = `${link.to} AS ${related}${index === undefined ? "" : ` INDEXED BY ${index}`}`;
  const rows = raw(`${from} WHERE ${related}.${link.key} = ${place.alias}.${link.by}`);
  if (isTried) return existsAmongFirst({ relation, where, inner, rows, most: relatedTried[place.use] ?? 0 });
  const condition = where.kind === "and" ? emitOn(where, inner) : bracketed(where, inner);
  return where.kind === "always" ? sql`EXISTS (SELECT 1 FROM ${rows})` : sql`EXISTS (SELECT 1 FROM ${rows} AND ${condition})`;
}

interface First {
  readonly relation: Relation;
  readonly where: Predicate;
  readonly inner: Place;
  /** The related rows of one row, as what follows FROM. */
  readonly rows: Sql;
  readonly most: number;
}

function existsAmongFirst({ relation, where, inner, rows, most }: First): Sql {
  const parts = where.kind === "and" ? where.parts : [where];
  const ofState = (part: Predicate) => leadsToStates.has(relation) && part.kind === "in" && part.column === "state_type";
  const leading = joinWith("and", parts.filter(ofState), { ...inner, use: "ask_by_index" });
  const asked = joinWith(
    "and",
    parts.filter((part) => !ofState(part)),
    inner,
  );
  const first = sql`SELECT * FROM ${rows} AND ${leading} LIMIT ${raw(most)}`;
  return sql`EXISTS (SELECT 1 FROM (${first}) AS ${raw(inner.alias)} WHERE ${asked})`;
}

const restriction = (where: Predicate, place: Place): Sql =>
  where.kind === "always" ? nothing : sql` WHERE ${emitOn(where, place)}`;

function bracketed(part: Predicate, place: Place): Sql {
  const condition = emitOn(part, place);
  return part.kind === "and" || part.kind === "or" ? sql`(${condition})` : condition;
}

function joinWith(kind: "and" | "or", parts: readonly Predicate[], place: Place): Sql {
  const [word, empty] = kind === "and" ? [" AND ", "1"] : [" OR ", "0"];
  if (parts.length === 0) return raw(empty);
  return joined(
    parts.map((part) => bracketed(part, place)),
    word,
  );
}

function assertNever(value: never): never {
  throw new Error(`No SQL for ${JSON.stringify(value)}`);
}

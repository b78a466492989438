import type { Column, Predicate } from "../../filters/predicate.ts";
import { relations } from "../../filters/relations.ts";
import type { Sql } from "../client.ts";
import { emit, isOneOf, tagTables } from "./emit.ts";
import type { Order } from "./order.ts";

/** The tables that grow without bound: what leads their search is decided by counting. */
export type RunTable = "flow_run" | "task_run";

// Whatever else is asked, these find few rows: ids, or the children of one run.
const narrow = new Set<Column>(["id", "flow_run_id", "parent_task_run_id", "idempotency_key"]);

// From what usually finds the fewest rows to what finds the most.
const leaderRanks: Partial<Record<Column, number>> = {
  name: 1,
  "created_by.id": 2,
  deployment_id: 3,
  flow_id: 4,
  work_queue_id: 5,
  work_queue_name: 5,
  state_name: 7,
  state_type: 8,
};

// An index by state type and this column gives the rows of a state in this order.
const orderWithinState: Record<RunTable, Order["column"]> = { flow_run: "start_or_expected", task_run: "expected_start_time" };

/** Returns the condition that finds few rows for certain, if there is one. */
export const narrowOf = (parts: readonly Predicate[]): Predicate | undefined =>
  parts.find((part) => (part.kind === "in" && narrow.has(part.column)) || isParent(part));

const isParent = (part: Predicate) => part.kind === "some" && part.relation === "flow_run.parent_task_run";

/** Tells whether the condition's own index gives the rows in the order that is asked for. */
export const keepsOrder = (part: Predicate, table: RunTable, order: Order): boolean =>
  part.kind === "in" && part.column === "state_type" && order.column === orderWithinState[table];

const mostLeaders = 3;

/** Returns the conditions that may find few rows, the likeliest first. */
export function leadersOf(parts: readonly Predicate[]): readonly Predicate[] {
  const ranked = parts.map((part) => ({ part, rank: rankOf(part) })).filter(({ rank }) => rank !== undefined);
  ranked.sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  return ranked.slice(0, mostLeaders).map(({ part }) => part);
}

function rankOf(part: Predicate): number | undefined {
  if (part.kind === "any_tag") return 0;
  if (part.kind === "in") return leaderRanks[part.column];
  if (isNamePart(part)) return 10;
  if (part.kind !== "some") return undefined;
  return relations[part.relation].key === "id" ? 6 : 9;
}

/** Tells whether the condition, made a list, would be one of runs: as long as the table. */
export const listsRuns = (part: Predicate): boolean =>
  part.kind === "some" && (relations[part.relation].to === "flow_run" || relations[part.relation].to === "task_run");

const isNamePart = (part: Predicate) => part.kind === "contains" && part.column === "name";

/** Returns the table, and the index where SQLite would not read it by itself: a part of a name is found without reading the rows. */
export const tableLedBy = (leader: Predicate | undefined, table: RunTable): string =>
  leader !== undefined && isNamePart(leader) ? `${table} AS r INDEXED BY ix_${table}__name` : `${table} AS r`;

/** Returns a query for as many rows as a condition leads to, but not for more than `most`: its cost is bounded. */
export function rowsLedTo(leader: Predicate, table: RunTable, most: number): Sql {
  const rows = leadingRows(leader, table);
  return { sql: `SELECT count(*) FROM (${rows.sql} LIMIT ?)`, args: [...rows.args, most] };
}

function leadingRows(leader: Predicate, table: RunTable): Sql {
  if (leader.kind === "any_tag") {
    const matches = isOneOf("tag", leader.tags);
    return { sql: `SELECT 1 FROM ${tagTables[leader.of].table} WHERE ${matches.sql}`, args: matches.args };
  }
  if (leader.kind === "some") {
    const { to, key, by } = relations[leader.relation];
    const bare = leader.where.kind === "always" && key !== "id";
    const found = bare ? { sql: `one.${key} IS NOT NULL`, args: [] } : emit(leader.where, "one");
    if (key !== "id") return { sql: `SELECT 1 FROM ${to} AS one WHERE ${found.sql}`, args: found.args };
    // The order of a cross join is kept: from the related rows to the rows at hand, one by one.
    return {
      sql: `SELECT 1 FROM ${to} AS one CROSS JOIN ${table} AS r ON r.${by} = one.id WHERE ${found.sql}`,
      args: found.args,
    };
  }
  const found = emit(leader, "r");
  return { sql: `SELECT 1 FROM ${tableLedBy(leader, table)} WHERE ${found.sql}`, args: found.args };
}

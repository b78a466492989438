import type { Predicate } from "../../filters/predicate.ts";
import type { FlowRunSort, TaskRunSort } from "../../schemas/sorting.ts";
import type { Sql } from "../client.ts";
import { emit, emitAll, type Use } from "./emit.ts";
import { keepsOrder, leadersOf, listsRuns, narrowOf, type RunTable, rowsLedTo, tableLedBy } from "./leading.ts";
import { flowRunOrders, type Order, orderByRun, taskRunOrders } from "./order.ts";

/** Returns the statement of a list: `select`, `from` and `order` are the program's own text, the rest is bound. */
export function listQuery(query: {
  select: string;
  from: string;
  where: Sql;
  order: string;
  limit: number;
  offset: number;
}): Sql {
  const { select, from, where, order, limit, offset } = query;
  return {
    sql: `SELECT ${select} FROM ${from} WHERE ${where.sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
    args: [...where.args, limit, Math.min(offset, Number.MAX_SAFE_INTEGER)],
  };
}

/** Returns the statement that counts the rows of a list: its only column is `count`. */
export const countQuery = ({ from, where }: { from: string; where: Sql }): Sql => ({
  sql: `SELECT count(*) AS count FROM ${from} WHERE ${where.sql}`,
  args: where.args,
});

interface Part {
  where: Predicate;
  limit: number;
  offset: number;
  /** Up to how many rows are sorted rather than looked for in the order asked for; less only in tests. */
  few?: number;
}

/** Returns the statement that gives the `id` of each flow run of a page, in its order. */
export const flowRunIdsQuery = ({ sort, ...part }: Part & { sort: FlowRunSort }): Sql =>
  selectIds("flow_run", flowRunOrders[sort], part);

/** Returns the statement that gives the `id` of each task run of a page, in its order. */
export const taskRunIdsQuery = ({ sort, ...part }: Part & { sort: TaskRunSort }): Sql =>
  selectIds("task_run", taskRunOrders[sort], part);

const fewRows = 2000;

/*
 * Two ways lead to the first rows in an order: find all that match and sort them, or walk along the order's index until enough match.
 * The first is right where few rows match, the second where many do, and either is a hundred times slower in the other's place.
 * SQLite cannot know which (libSQL refuses ANALYZE). So the statement has an arm for each way and counts first, up to `few`: a LIMIT
 * of 0 means that an arm is never begun. In 200,000 runs all cases take 2 to 10 ms, where one way alone took 40 to 300 ms in some.
 */
function selectIds(table: RunTable, order: Order, { where, limit, offset, few = fewRows }: Part): Sql {
  const parts = conjuncts(where);
  const certain = narrowOf(parts);
  const inOrder = parts.find((part) => keepsOrder(part, table, order));
  const leaders = certain === undefined ? leadersOf(parts.filter((part) => part !== inOrder)) : [];
  const arm = (leader: Predicate | undefined, limitOfArm: Sql): Sql => {
    const found = emitAll(parts, "r", (part) => (part === leader ? "lead" : "ask"));
    return {
      sql: `SELECT r.id FROM ${tableLedBy(leader, table)} WHERE ${found.sql} ORDER BY ${orderByRun(order, "r")} LIMIT ${limitOfArm.sql} OFFSET ?`,
      args: [...found.args, ...limitOfArm.args, Math.min(offset, Number.MAX_SAFE_INTEGER)],
    };
  };
  if (leaders.length === 0) return arm(certain ?? inOrder, { sql: "?", args: [limit] });
  const arms = [...leaders, undefined].map((leader, index) => {
    const limitOfArm = { sql: `(SELECT iif(arm = ${index}, ?, 0) FROM pick)`, args: [limit] };
    const { sql, args } = arm(leader ?? inOrder, limitOfArm);
    return { sql: `SELECT id FROM (${sql})`, args };
  });
  const pick = pickArm(leaders, table, few);
  return {
    sql: `WITH ${pick.sql} ${arms.map(({ sql }) => sql).join(" UNION ALL ")}`,
    args: [...pick.args, ...arms.flatMap(({ args }) => args)],
  };
}

// The first leader that finds few rows; after the last one, the way along the order.
function pickArm(leaders: readonly Predicate[], table: RunTable, few: number): Sql {
  const counts = leaders.map((leader) => rowsLedTo(leader, table, few + 1));
  const cases = counts.map(({ sql }, index) => `WHEN (${sql}) <= ? THEN ${index}`);
  return {
    sql: `pick (arm) AS MATERIALIZED (SELECT CASE ${cases.join(" ")} ELSE ${leaders.length} END)`,
    args: counts.flatMap(({ args }) => [...args, few]),
  };
}

/** Returns the statement that counts the flow runs that match: its only column is `count`. */
export const flowRunCountQuery = (rows: { where: Predicate; few?: number }): Sql => countRows("flow_run", rows);

/** Returns the statement that counts the task runs that match: its only column is `count`. */
export const taskRunCountQuery = (rows: { where: Predicate; few?: number }): Sql => countRows("task_run", rows);

// To count there is no order to keep, and SQLite may choose. Only common tags and many related rows are better asked row by row.
function countRows(table: RunTable, { where, few = fewRows }: { where: Predicate; few?: number }): Sql {
  const parts = conjuncts(where);
  const long = parts.filter(({ kind }) => kind === "any_tag" || kind === "some");
  const leaders = leadersOf(long);
  if (narrowOf(parts) !== undefined || leaders.length === 0 || (parts.length === 1 && long[0]?.kind === "any_tag"))
    return countQuery({ from: `${table} AS r`, where: emit(where, "r") });
  const arm = (useOf: (part: Predicate) => Use): Sql => countQuery({ from: `${table} AS r`, where: emitAll(parts, "r", useOf) });
  const led = leaders.map((leader) => arm((part) => (part === leader ? "lead" : "ask")));
  const asked = arm((part) => (part.kind === "any_tag" || listsRuns(part) ? "ask" : "free"));
  const pick = pickArm(leaders, table, few);
  const cases = led.map(({ sql }, index) => `WHEN ${index} THEN (${sql})`);
  return {
    sql: `WITH ${pick.sql} SELECT CASE arm ${cases.join(" ")} ELSE (${asked.sql}) END AS count FROM pick`,
    args: [...pick.args, ...led.flatMap(({ args }) => args), ...asked.args],
  };
}

const conjuncts = (predicate: Predicate): readonly Predicate[] =>
  predicate.kind === "and" ? predicate.parts : predicate.kind === "always" ? [] : [predicate];

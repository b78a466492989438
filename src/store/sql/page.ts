import type { Predicate } from "../../filters/predicate.ts";
import type { DeploymentSort, FlowRunSort, FlowSort, TaskRunSort } from "../../schemas/sorting.ts";
import type { Sql } from "../client.ts";
import {
  all,
  boundsOrder,
  conjuncts,
  emitParts,
  isToldByLink,
  keepsOrder,
  type Leader,
  type Listed,
  leadersOf,
  leadsToAtMost,
  mayBeWide,
  narrowOf,
  readsAll,
  rowsLedBy,
  trialsOf,
} from "./leading.ts";
import {
  deploymentOrders,
  estimatedRunTime,
  flowOrders,
  flowRunOrders,
  type Order,
  orderBy,
  orderByRun,
  runningSince,
  taskRunOrders,
} from "./order.ts";
import { joined, raw, sql } from "./tag.ts";

export { countQuery, deploymentCountQuery, flowCountQuery, flowRunCountQuery, taskRunCountQuery } from "./count.ts";

/** Returns the statement of a list: `select`, `from` and `order` are the program's own text, the rest is bound. */
export function listQuery(query: {
  select: string | Sql;
  from: string;
  where: Sql;
  order: string;
  limit: number;
  offset: number;
}): Sql {
  const { select, from, where, order, limit, offset } = query;
  const columns = typeof select === "string" ? raw(select) : select;
  const start = Math.min(offset, Number.MAX_SAFE_INTEGER);
  return sql`SELECT ${columns} FROM ${raw(from)} WHERE ${where} ORDER BY ${raw(order)} LIMIT ${limit} OFFSET ${start}`;
}

interface Part {
  readonly where: Predicate;
  readonly limit: number;
  readonly offset: number;
  /** Up to how many rows are sorted rather than looked for in the order asked for; other than usual only in tests. */
  readonly few?: number | undefined;
  /** Whether the tables are known to be small: then fewer ways are tried out. */
  readonly isSmall?: boolean;
}

/** Returns the statement that gives the `id` of each flow run of a page, in its order. */
export const flowRunIdsQuery = ({ sort, ...part }: Part & { sort: FlowRunSort }): Sql =>
  selectIds("flow_run", flowRunOrders[sort], part);

/** Returns the statement that gives the `id` of each task run of a page, in its order. */
export const taskRunIdsQuery = ({ sort, ...part }: Part & { sort: TaskRunSort }): Sql =>
  selectIds("task_run", taskRunOrders[sort], part);

/** Returns the statement that gives the `id` of each flow of a page, in its order. */
export const flowIdsQuery = ({ sort, ...part }: Part & { sort: FlowSort }): Sql => selectIds("flow", flowOrders[sort], part);

/** Returns the statement that gives the `id` of each deployment of a page, in its order. */
export const deploymentIdsQuery = ({ sort, ...part }: Part & { sort: DeploymentSort }): Sql =>
  selectIds("deployment", deploymentOrders[sort], part);

/** How far the ways to a page are tried out: rows walked along the order, and rows that a condition leads to. */
interface Bounds {
  readonly walks: readonly number[];
  readonly leads: readonly number[];
}

const usual: Bounds = { walks: [1000, 6000], leads: [2000, 50_000, 200_000] };
// Nearly always few: a walk is tried where they are not.
const usualOfNarrow: Bounds = { walks: [0, 4000], leads: [2000, 50_000, 1_000_000] };
// Each row of these is asked for its runs, which costs more than a step along the runs' own order.
const usualOfFew: Bounds = { walks: [100], leads: [4000, 12_000, 50_000, 200_000] };

// Where a leader finds more of a small table, the walk soon finds a page of them.
const usualOfSmall: Bounds = { walks: [], leads: [1000] };

interface Search {
  readonly table: Listed;
  readonly order: Order;
  readonly parts: readonly Predicate[];
  /** What gives the rows of the walk in their order: a state whose index does, ends of the order's range. */
  readonly along: readonly Predicate[];
  readonly limit: number;
  readonly offset: number;
}

/*
 * Two ways lead to the first rows in an order: find all that match and sort them, or walk along the order's index until enough match.
 * The first is right where few rows match, the second where many do, and either is a hundred times slower in the other's place.
 * SQLite cannot know which (libSQL refuses ANALYZE). So the statement has an arm for each way and tries them out first: a short walk, then
 * whether a condition leads to few rows, then both a little further. A LIMIT of 0 means that an arm is never begun.
 */
function selectIds(table: Listed, order: Order, { where, limit, offset: start, few, isSmall = false }: Part): Sql {
  const parts = conjuncts(where);
  const narrowest = narrowOf(parts);
  const inOrder = parts.find((part) => keepsOrder(part, table, order));
  const along = parts.filter((part) => part === inOrder || boundsOrder(part, order));
  const isRun = table === "flow_run" || table === "task_run";
  const offset = Math.min(start, Number.MAX_SAFE_INTEGER);
  const search = { table, order, parts, along, limit, offset };
  const isNarrow = narrowest !== undefined;
  if (isNarrow && (isSmall || !mayBeWide(narrowest))) return arm(search, { parts: [narrowest], rank: 0 }, sql`${limit}`);
  const leading = isNarrow ? [narrowest] : parts.filter((part) => !along.includes(part) && (isRun || part.kind === "some"));
  const leaders = leadersOf(leading, table, isSmall ? 1 : undefined);
  if (leaders.length === 0) return arm(search, undefined, sql`${limit}`);
  const arms = [...leaders, undefined].map((leader, index) => {
    const limitOfArm = sql`(SELECT iif(arm = ${raw(index)}, ${limit}, 0) FROM pick)`;
    return sql`SELECT id FROM (${arm(search, leader, limitOfArm)})`;
  });
  const usualBounds = isSmall ? usualOfSmall : isNarrow ? usualOfNarrow : isRun ? usual : usualOfFew;
  const pick = pickArm(search, leaders, few === undefined ? usualBounds : { walks: [], leads: [few] });
  return sql`WITH ${pick} ${joined(arms, " UNION ALL ")}`;
}

// The rows in their order, found by way of a leader and sorted, or by walking along the order.
function arm({ table, order, parts, along, offset }: Search, leader: Leader | undefined, limit: Sql): Sql {
  const led = leader?.parts ?? along;
  const rest = parts.filter((part) => !led.includes(part));
  const rows =
    leader === undefined ? { from: `${table} AS r`, where: emitParts(along, "r", "free") } : rowsLedBy(leader, table, "r");
  const found = all([rows.where, ...rest.map((part) => emitParts([part], "r", "ask"))]);
  if (leader === undefined && order.column === "estimated_run_time") return walkByDuration(order, found, limit, offset);
  return sql`SELECT r.id FROM ${raw(rows.from)} WHERE ${found} ORDER BY ${orderOf(table, order, leader !== undefined && !readsAll(leader))} LIMIT ${limit} OFFSET ${offset}`;
}

// As the partial index says it: by the state's own index the runs would have to be sorted, and SQLite takes that one otherwise.
const isRunning = raw("coalesce(r.state_type, '') = 'RUNNING'");
const hasRun = raw("max(r.total_run_time, 0) > 0 AND r.state_type IS NOT 'RUNNING'");
const hasNotRun = raw("max(r.total_run_time, 0) = 0 AND r.state_type IS NOT 'RUNNING'");
const lastExpected = raw("r.expected_start_time DESC, r.rowid DESC");
const byRunTime = ({ direction }: Order): Sql => sql`max(r.total_run_time, 0) ${raw(direction)}, ${lastExpected}`;
const byRunningSince = ({ direction }: Order): Sql =>
  sql`${raw(runningSince("r"))} ${raw(direction === "DESC" ? "ASC" : "DESC")}, ${lastExpected}`;
const inDurationOrder = (order: Order, rows: readonly [ran: Sql, notRun: Sql]): readonly Sql[] =>
  order.direction === "DESC" ? rows : rows.toReversed();

/*
 * The first of those that are running and of those that have run, each by an index of its own, are merged. Those that have not run stand
 * together, in the order of their expected start whatever the direction.
 */
function walkByDuration(order: Order, found: Sql, limit: Sql, offset: number): Sql {
  const most = sql`(${limit} + ${offset})`;
  const columns = raw(`r.id, ${estimatedRunTime("r")} AS duration, r.expected_start_time AS expected, r.rowid AS place`);
  const first = (which: Sql, by: Sql) =>
    sql`SELECT * FROM (SELECT ${columns} FROM task_run AS r WHERE ${which} AND ${found} ORDER BY ${by} LIMIT ${most})`;
  const running = first(isRunning, byRunningSince(order));
  const ran = sql`SELECT * FROM (SELECT * FROM (${running} UNION ALL ${first(hasRun, byRunTime(order))})
    ORDER BY duration ${raw(order.direction)}, expected DESC, place DESC LIMIT ${most})`;
  const parts = inDurationOrder(order, [ran, first(hasNotRun, lastExpected)]);
  return sql`SELECT id FROM (${joined(parts, " UNION ALL ")}) LIMIT ${limit} OFFSET ${offset}`;
}

// The steps of a walk by duration, all but those that are running.
function stepsByDuration(order: Order, given: Sql, steps: number): Sql {
  const first = (which: Sql, by: Sql) =>
    sql`SELECT * FROM (SELECT r.rowid AS place FROM task_run AS r WHERE ${which} AND ${given} ORDER BY ${by} LIMIT ${raw(steps)})`;
  const parts = inDurationOrder(order, [first(hasRun, byRunTime(order)), first(hasNotRun, lastExpected)]);
  return sql`SELECT place FROM (${joined(parts, " UNION ALL ")}) LIMIT ${raw(steps)}`;
}

// Where a leader finds the rows they are sorted: SQLite would take the order's index for a better way than a range.
function orderOf(table: Listed, order: Order, isSorted: boolean): Sql {
  const alias = isSorted ? "+r" : "r";
  return raw(table === "flow_run" || table === "task_run" ? orderByRun(order, alias) : orderBy(order, alias, "id"));
}

// The arm by its number: the leaders', then the walk's. After all trials the walk, unless a part of a name can be found without reading rows.
function pickArm(search: Search, leaders: readonly Leader[], { walks, leads }: Bounds): Sql {
  const walk = leaders.length;
  const trials: Sql[] = [];
  const rounds = Math.max(walks.length, leads.length);
  for (let round = 0; round < rounds; round++) {
    const [steps, most] = [walks[round], leads[round]];
    if (steps !== undefined) trials.push(...tryWalk(search, steps, walk));
    if (most === undefined) continue;
    // A walk that is short itself needs no other way.
    if (search.along.length > 0) trials.push(...tryLeader(search.table, { parts: search.along, rank: 0 }, most, walk));
    for (const trial of trialsOf(leaders, search.table, { most, round, isCount: false }))
      trials.push(...tryLeader(search.table, trial.leader, trial.most, trial.index));
  }
  const last = leaders.findIndex((leader) => readsAll(leader) && !isToldByLink(leader));
  const otherwise = raw(last === -1 ? walk : last);
  const arm = trials.length === 0 ? otherwise : sql`CASE ${joined(trials, " ")} ELSE ${otherwise} END`;
  return sql`pick (arm) AS MATERIALIZED (SELECT ${arm})`;
}

// The bounds are measured for pages of so many rows: a longer list is worth as much longer a walk.
const usualLimit = 200;

// The walk is taken when so many steps of it find the page.
function tryWalk({ table, order, parts, along, limit, offset }: Search, stepsOfPage: number, number: number): Sql[] {
  const wanted = offset + limit;
  const steps = stepsOfPage * Math.max(1, Math.ceil(limit / usualLimit));
  if (wanted > steps) return [];
  const given = all(along.map((part) => emitParts([part], "r", "free")));
  const asked = all(parts.filter((part) => !along.includes(part)).map((part) => emitParts([part], "r", "try")));
  // The steps are those of the index alone: whole rows would be carried along.
  const walked =
    order.column === "estimated_run_time"
      ? stepsByDuration(order, given, steps)
      : sql`SELECT r.rowid AS place FROM ${raw(table)} AS r WHERE ${given} ORDER BY ${orderOf(table, order, false)} LIMIT ${raw(steps)}`;
  const found = sql`SELECT 1 FROM (${walked}) AS step CROSS JOIN ${raw(table)} AS r ON r.rowid = step.place WHERE ${asked} LIMIT ${wanted}`;
  return [sql`WHEN (SELECT count(*) FROM (${found})) >= ${wanted} THEN ${raw(number)}`];
}

function tryLeader(table: Listed, leader: Leader, most: number, number: number): Sql[] {
  if (readsAll(leader)) return [];
  return [sql`WHEN ${leadsToAtMost(leader, table, most)} THEN ${raw(number)}`];
}

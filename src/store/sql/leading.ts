import type { Column, Predicate } from "../../filters/predicate.ts";
import { relations } from "../../filters/relations.ts";
import type { Sql } from "../client.ts";
import { emit, isOneOf, linkIndexes, tagTables, type Use } from "./emit.ts";
import type { Order } from "./order.ts";
import { always, joined, raw, sql } from "./tag.ts";

/** The tables whose rows have relations that grow without bound: what leads their search is decided by counting. */
export type Listed = "flow" | "flow_run" | "task_run" | "deployment";

type Table = Listed | "work_pool" | "work_queue";

/** Conditions that are met together by one way to the rows: one condition, or the two ends of a range. */
export interface Leader {
  readonly parts: readonly Predicate[];
  /** What leads where it only follows from a condition, which is still to be asked. */
  readonly implied?: Predicate;
  /** From what usually finds the fewest rows to what finds the most. */
  readonly rank: number;
  /** What leads to the related rows that lead to the rows at hand. */
  readonly via?: Leader;
}

// Whatever else is asked, these find few rows: ids, or the children of one run.
const narrow = new Set<Column>(["id", "flow_run_id", "parent_task_run_id", "idempotency_key"]);

const ranks: Partial<Record<Column, number>> = {
  name: 1,
  "created_by.id": 2,
  deployment_id: 3,
  flow_id: 4,
  work_queue_id: 5,
  work_queue_name: 5,
  state_name: 7,
  state_type: 8,
};
const ofTag = 0;
const ofOneRelated = 6;
const ofRange = 9;
const ofManyRelated = 10;
const ofScan = 11;

const indexedTimes: Record<Table, ReadonlySet<Column>> = {
  flow_run: new Set(["start_or_expected", "end_time", "expected_start_time", "next_scheduled_start_time"]),
  task_run: new Set(["start_time", "end_time", "expected_start_time"]),
  flow: new Set(),
  deployment: new Set(),
  work_pool: new Set(),
  work_queue: new Set(),
};

// Columns whose index holds only the rows that have a value, which are few.
const seldomSet: Partial<Record<Table, ReadonlySet<Column>>> = { flow_run: new Set(["parent_task_run_id"]) };

// An index by state type and this column gives the rows of a state in this order.
const orderWithinState: Partial<Record<Table, Order["column"]>> = {
  flow_run: "start_or_expected",
  task_run: "expected_start_time",
};

/** Returns the condition that finds few rows for certain, if there is one. */
export const narrowOf = (parts: readonly Predicate[]): Predicate | undefined =>
  parts.find((part) => (part.kind === "in" && narrow.has(part.column)) || isParent(part));

/** Tells whether a condition that usually finds few rows may find very many: the task runs of one flow run, and the runs below them. */
export const mayBeWide = (part: Predicate): boolean => (part.kind === "in" && part.column === "flow_run_id") || isParent(part);

const isParent = (part: Predicate) => part.kind === "some" && part.relation === "flow_run.parent_task_run";

/** Tells whether the condition's own index gives the rows in the order that is asked for. */
export const keepsOrder = (part: Predicate, table: Listed, order: Order): boolean =>
  part.kind === "in" && part.column === "state_type" && order.column === orderWithinState[table];

/** Tells whether the condition is an end of a range along the order. */
export const boundsOrder = (part: Predicate, order: Order): boolean =>
  (part.kind === "at_least" || part.kind === "at_most") && part.column === order.column;

// All runs that have a parent are few, and a single parent may have many task runs.
const hasParent: Leader = { parts: [], implied: { kind: "not_null", column: "parent_task_run_id" }, rank: ofOneRelated - 0.1 };

const mostLeaders = 3;

/** Returns the conditions that may find few rows, the likeliest first. */
export function leadersOf(parts: readonly Predicate[], table: Table, most = mostLeaders): readonly Leader[] {
  const leaders = [...parts.flatMap((part) => leadersBy(part, table)), ...rangesOf(parts, table)];
  return leaders.sort((a, b) => a.rank - b.rank).slice(0, most);
}

function leadersBy(part: Predicate, table: Table): Leader[] {
  const rank = rankOf(part, table);
  if (rank === undefined) return [];
  const inner = part.kind === "some" ? leadersOf(conjuncts(part.where), relations[part.relation].to) : [];
  const rankBy = (via: Leader, i: number) => (readsAll(via) ? ofScan + via.rank / 10 : rank + i / 10);
  const led =
    inner.length === 0 ? [{ parts: [part], rank }] : inner.map((via, i) => ({ parts: [part], rank: rankBy(via, i), via }));
  return isParent(part) ? [hasParent, ...led] : led;
}

function rankOf(part: Predicate, table: Table): number | undefined {
  if (part.kind === "any_tag") return ofTag;
  if (scannedIndex(part, table) !== undefined) return ofScan;
  if (part.kind === "in") return narrow.has(part.column) ? -1 : ranks[part.column];
  if (part.kind === "null") return indexedTimes[table].has(part.column) ? ofRange : undefined;
  if (part.kind === "not_null") return seldomSet[table]?.has(part.column) ? ofRange : undefined;
  // SQLite finds the rows of each member by its own index.
  if (part.kind === "or") return part.parts.every((one) => isLed(one, table)) ? ofRange : undefined;
  if (part.kind !== "some") return undefined;
  return relations[part.relation].key === "id" ? ofOneRelated : ofManyRelated;
}

const isLed = (part: Predicate, table: Table): boolean =>
  conjuncts(part).some((one) => {
    const rank = rankOf(one, table);
    return rank !== undefined && rank < ofManyRelated && one.kind !== "or";
  });

function rangesOf(parts: readonly Predicate[], table: Table): Leader[] {
  return [...indexedTimes[table]].flatMap((column) => {
    const ends = parts.filter((part) => (part.kind === "at_least" || part.kind === "at_most") && part.column === column);
    return ends.length === 0 ? [] : [{ parts: ends, rank: ofRange }];
  });
}

/** Tells whether the condition, made a list, would be one of runs: as long as the table. */
export const listsRuns = (part: Predicate): boolean =>
  part.kind === "some" && (relations[part.relation].to === "flow_run" || relations[part.relation].to === "task_run");

/** Tells whether the leader reads its whole index, however few rows it finds: no use to count these first. */
export const readsAll = ({ rank, via }: Leader): boolean => rank === ofScan || (via !== undefined && readsAll(via));

/**
 * Tells whether the rows that the leader finds lie scattered over the table, so that each costs a page: those of a flow, a deployment or a queue.
 * Rows of a state or a time lie together, and tags tell the ids without rows. All runs that have others are no better.
 */
export const isScattered = ({ parts: [part], via }: Leader): boolean => {
  if (via !== undefined && isScattered(via)) return true;
  if (part?.kind === "some") return !listsRuns(part) || via === undefined;
  return part?.kind === "in" && scattered.has(part.column);
};

const scattered = new Set<Column>(["flow_id", "deployment_id", "work_queue_id", "work_queue_name", "created_by.id"]);

/** Tells whether the index by which a flow's runs are found says what the leader asks of them: to walk along the flows reads no more of it. */
export const isToldByLink = ({ parts: [part], via }: Leader): boolean =>
  part?.kind === "some" &&
  via?.parts[0] !== undefined &&
  scannedIndex(via.parts[0], relations[part.relation].to) === linkIndexes[part.relation];

// The index that has a column in it, though not in front: read as a whole it still tells the rows without reading the rows of the table.
function scannedIndex(part: Predicate, table: Table): string | undefined {
  const isRun = table === "flow_run" || table === "task_run";
  if (isRun && part.kind === "contains" && part.column === "name") return `ix_${table}__name`;
  if (table !== "flow_run") return undefined;
  if (part.kind === "in" && part.column === "created_by.type") return "ix_flow_run__created_by";
  const isBesideFlow =
    (part.kind === "in" && part.column === "flow_version") || (part.kind === "null" && part.column === "start_time");
  return isBesideFlow ? "ix_flow_run__flow_id" : undefined;
}

/** Returns the table, and the index where SQLite would not read it by itself. */
export function tableLedBy(leader: Leader | undefined, table: Table, alias = "r"): string {
  const [part] = leader?.parts ?? [];
  const index = part === undefined ? undefined : scannedIndex(part, table);
  return index === undefined ? `${table} AS ${alias}` : `${table} AS ${alias} INDEXED BY ${index}`;
}

/** Returns the parts of a condition all of which must hold. */
export const conjuncts = (predicate: Predicate): readonly Predicate[] =>
  predicate.kind === "and" ? predicate.parts : predicate.kind === "always" ? [] : [predicate];

/** Returns conditions that must all hold. */
export const all = (conditions: readonly Sql[]): Sql => (conditions.length === 0 ? always : joined(conditions, " AND "));

const bracketed = (condition: Sql, part: Predicate): Sql => (part.kind === "or" ? sql`(${condition})` : condition);

/** Returns conditions on the row with this alias that must all hold, each used in the same way. */
export const emitParts = (parts: readonly Predicate[], alias: string, use: Use): Sql =>
  all(parts.map((part) => bracketed(emit(part, alias, use), part)));

/** Returns the rows that a leader finds: their table, with that of the runs that lead to them, and the condition. */
export function rowsLedBy(leader: Leader, table: Table, alias: string): Rows {
  const [part] = leader.parts;
  if (part?.kind !== "some" || !listsRuns(part) || relations[part.relation].key !== "id")
    return { from: tableLedBy(leader, table, alias), where: leadTo(leader, alias) };
  // One run of its own each: joined, no row comes twice, and no list of ids is made.
  const { to, key, by } = relations[part.relation];
  const rows = rowsThatMeet(part.where, { to, key, alias: `${alias}_by` }, leader.via);
  return { from: `${rows.from} CROSS JOIN ${table} AS ${alias} ON ${alias}.${by} = ${alias}_by.${key}`, where: rows.where };
}

/** Returns the condition that leads to the rows: tags and related rows as a list, columns by their index. */
export function leadTo({ parts, implied, via }: Leader, alias: string): Sql {
  const [part] = parts;
  if (part?.kind !== "some") return emitParts(implied === undefined ? parts : [implied], alias, "free");
  const { to, key, by } = relations[part.relation];
  const rows = rowsThatMeet(part.where, { to, key, alias: `${alias}_by` }, via);
  return sql`${raw(`${alias}.${by} IN (SELECT ${alias}_by.${key} FROM ${rows.from}`)} WHERE ${rows.where})`;
}

interface Rows {
  readonly from: string;
  readonly where: Sql;
}

/** Related rows: their table, the column that links them, and their alias in a statement. */
export interface Related {
  readonly to: Table;
  readonly key: string;
  readonly alias: string;
}

// Where many rows lead to one, those that lead nowhere stand at the beginning of the link's index.
const linked = ({ key, alias }: Related): Sql => (key === "id" ? always : raw(`${alias}.${key} IS NOT NULL`));

/** Returns the related rows that meet a condition, by way of a leader if there is one; the rest is asked. */
export function rowsThatMeet(where: Predicate, related: Related, leader: Leader | undefined): Rows {
  const { to, alias } = related;
  const parts = conjuncts(where);
  if (leader === undefined)
    return { from: `${to} AS ${alias}`, where: parts.length === 0 ? linked(related) : emitParts(parts, alias, "free") };
  const rest = parts.filter((part) => !leader.parts.includes(part));
  const asked = rest.length === 0 ? [] : [emitParts(rest, alias, "ask")];
  return { from: tableLedBy(leader, to, alias), where: all([leadTo(leader, alias), ...asked]) };
}

/** Returns a query for as many rows as a leader goes through, but not for more than `most`: its cost is bounded. */
export function rowsLedTo(leader: Leader, table: Table, most: number): Sql {
  const { from, where } = leadingRows(leader, table, "r", false);
  return sql`SELECT count(*) FROM (SELECT 1 FROM ${raw(from)} WHERE ${where} LIMIT ${most})`;
}

/**
 * Returns the condition that a leader goes through at most so many rows. Those that lead to it are counted first, each for itself: a million
 * of them may lead to few rows or none.
 */
export function leadsToAtMost(leader: Leader, table: Table, most: number): Sql {
  const [part] = leader.parts;
  if (part?.kind !== "some" || !listsRuns(part) || leader.via === undefined)
    return sql`(${rowsLedTo(leader, table, most + 1)}) <= ${most}`;
  const { to, key } = relations[part.relation];
  const before = leadsToAtMost(leader.via, to, most);
  if (key !== "id") return before;
  const { from, where } = rowsLedBy(leader, table, "r");
  return sql`${before} AND (SELECT count(*) FROM (SELECT 1 FROM ${raw(from)} WHERE ${where} LIMIT ${most + 1})) <= ${most}`;
}

interface Round {
  readonly most: number;
  readonly round: number;
  /** A count reads what it finds in any order; where a page reads a whole index, few match. */
  readonly isCount: boolean;
}

interface Trial {
  readonly leader: Leader;
  /** The leader's place among the leaders. */
  readonly index: number;
  /** Through how many rows it may go. */
  readonly most: number;
}

/**
 * Returns which leaders are tried in a round that allows so many rows. First those that find runs that lie together; very many that lie
 * scattered cost more than an index that is read as a whole. A flow or a deployment that is found by itself is then asked for its runs, which
 * may cost as much as a thousand of them.
 */
export function trialsOf(leaders: readonly Leader[], table: Listed, { most, round, isCount }: Round): Trial[] {
  const isRun = table === "flow_run" || table === "task_run";
  const trials = leaders.flatMap((leader, index) => (readsAll(leader) ? [] : [{ leader, index, most }]));
  const mayReadAll = trials.length < leaders.length;
  if (isRun && round === 0) return trials;
  if (isRun && mayReadAll && !isCount) return trials.filter(({ leader }) => !isScattered(leader));
  if (isRun) return sortedBy(trials, ({ leader }) => isScattered(leader));
  const isAsked = ({ parts: [part] }: Leader) => part?.kind !== "some" || !listsRuns(part);
  if (!leaders.some((leader) => !isAsked(leader))) return trials;
  const mostAsked = Math.min(Math.ceil(most / 1000), mayReadAll ? 10 : most);
  return sortedBy(
    trials.map((trial) => (isAsked(trial.leader) ? { ...trial, most: mostAsked } : trial)),
    ({ leader }) => isAsked(leader),
  );
}

const sortedBy = (trials: readonly Trial[], isLater: (trial: Trial) => boolean): Trial[] => [
  ...trials.filter((trial) => !isLater(trial)),
  ...trials.filter(isLater),
];

/*
 * The rows that a leader goes through, one after the other, so that a LIMIT ends it: what else is asked of related rows is left out. The order
 * of a cross join is kept. `toTable`: down to the rows of the table, where the rows that lead to them do not suffice to count.
 */
function leadingRows(leader: Leader, table: Table, alias: string, toTable: boolean): Rows {
  const [part] = leader.parts;
  if (part?.kind === "any_tag") {
    const { table: tags, owner } = tagTables[part.of];
    const join = toTable ? ` CROSS JOIN ${table} AS ${alias} ON ${alias}.id = ${alias}_tag.${owner}` : "";
    return { from: `${tags} AS ${alias}_tag${join}`, where: isOneOf(raw(`${alias}_tag.tag`), part.tags) };
  }
  if (part?.kind !== "some") return { from: tableLedBy(leader, table, alias), where: leadTo(leader, alias) };
  const { to, key, by } = relations[part.relation];
  const related: Related = { to, key, alias: `${alias}_by` };
  const inner = leader.via;
  const isJoined = toTable || key === "id";
  // All that is asked of flows, deployments, queues and pools is looked at: they are few beside their runs.
  const rows =
    to !== "flow_run" && to !== "task_run"
      ? rowsThatMeet(part.where, related, inner)
      : inner === undefined
        ? { from: `${to} AS ${related.alias}`, where: linked(related) }
        : leadingRows(inner, to, related.alias, isJoined);
  const join = isJoined ? ` CROSS JOIN ${table} AS ${alias} ON ${alias}.${by} = ${related.alias}.${key}` : "";
  return { from: `${rows.from}${join}`, where: rows.where };
}

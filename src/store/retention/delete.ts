import { finalTypes } from "../../domain/states.ts";
import { isJsonObject, stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import { firstPosition } from "../audit/rows.ts";
import type { Database, Sql } from "../client.ts";
import { type Doomed, deleteArtifacts, deleteRuns, deleteSomeRowsOf, rowsOfRun } from "../deletion/batches.ts";
import { json, number, only, selection, text } from "../sql/selection.ts";
import { always, type Guard, raw, sql } from "../sql/tag.ts";

export const retainedKinds = ["flow_runs", "task_runs", "task_run_caches", "artifacts", "logs", "audit"] as const;
export type RetainedKind = (typeof retainedKinds)[number];

/**
 * The last row that a walk has passed, by its time, in the unit of the kind's column, and place; a place of -1: all rows before the time were
 * passed.
 */
export interface Cursor {
  readonly at: number;
  readonly place: number;
}

interface Found extends Cursor {
  readonly id: string;
}

interface Walk {
  /** The table and its column of times, both of an index. */
  readonly table: string;
  readonly time: string;
  /** The most rows that a transaction deletes. */
  readonly most: number;
  readonly rowsAtOnce: number;
  /** How many rows a transaction deletes for the row `r`. */
  readonly size: Sql;
  /** The condition on `r`, beside its age. */
  readonly isDoomed: Guard;
  /** Returns the statements that delete the rows which meet the condition. */
  readonly remove: (rows: readonly Found[], isDoomed: Guard) => Sql[];
  readonly runs?: Doomed;
}

// Lives of runs go on beside, whose writes wait for these transactions: rows of runs have ten indexes, logs three.
const most = 250;
const mostOfTable = 1000;

const finalStateTypes = raw(`(${finalTypes.map((type) => `'${type}'`).join(", ")})`);
const notFinal = (alias: string): Sql =>
  sql`(${raw(alias)}.state_type is null or ${raw(alias)}.state_type not in ${finalStateTypes})`;
const isFinal = sql`r.state_type in ${finalStateTypes}`;
const open = "('SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED', 'CANCELLING')";

const hasTaskRun = (condition: string) =>
  sql`exists (select 1 from task_run t where t.flow_run_id = r.id and t.state_type ${raw(condition)})`;
const parentsOfSubflows = (
  condition: string,
) => sql`(select t.flow_run_id from flow_run c cross join task_run t on t.id = c.parent_task_run_id
  where c.parent_task_run_id is not null and c.state_type ${raw(condition)} and t.flow_run_id is not null)`;

// No run with a live child, and none whose parent may be run again: that looks for it.
const isOverWithChildren = sql`${isFinal} and not ${hasTaskRun(`in ${open}`)} and not ${hasTaskRun("is null")}
  and r.id not in ${parentsOfSubflows(`in ${open}`)} and r.id not in ${parentsOfSubflows("is null")}
  and not exists (select 1 from task_run t cross join flow_run p on p.id = t.flow_run_id where t.id = r.parent_task_run_id and ${notFinal("p")})`;
const ofLiveFlowRun = sql`exists (select 1 from flow_run p where p.id = r.flow_run_id and ${notFinal("p")})`;

const flowRuns: Doomed = { table: "flow_run", beside: ["log", "artifact"], most };
const taskRuns: Doomed = { table: "task_run", beside: ["log", "artifact"], most };

const walks: Record<RetainedKind, Walk> = {
  flow_runs: { ...walkOf(flowRuns), isDoomed: isOverWithChildren },
  task_runs: {
    ...walkOf(taskRuns),
    isDoomed: sql`${isFinal} and not ${ofLiveFlowRun} and not exists (select 1 from flow_run c where c.parent_task_run_id = r.id)`,
  },
  task_run_caches: {
    ...walkOfTable("task_run_state_cache", "created"),
    isDoomed: sql`not exists (select 1 from task_run_state s where s.id = r.task_run_state_id)`,
  },
  // With its row in the collection and in the states whose result it is.
  artifacts: {
    ...walkOfTable("artifact", "created"),
    rowsAtOnce: mostOfTable / 4,
    size: raw(4),
    isDoomed: sql`not ${ofLiveFlowRun} and not exists (select 1 from task_run p where p.id = r.task_run_id and ${notFinal("p")})`,
    remove: (rows, isDoomed) => deleteArtifacts(sql`select r.id from artifact r where ${isOneOf(rows)} and ${isDoomed}`),
  },
  logs: { ...walkOfTable("log", "timestamp"), isDoomed: always },
  // With six indexes; in the order of positions, which is that of time.
  audit: { ...walkOfTable("audit", "position"), rowsAtOnce: mostOfTable / 4, isDoomed: always },
};

/** Returns a time in the unit of the column by which a kind is walked through. */
export const timeOfKind = (kind: RetainedKind, time: Micros): number => (kind === "audit" ? firstPosition(time) : time);

function walkOf(runs: Doomed): Omit<Walk, "isDoomed"> {
  return {
    table: runs.table,
    time: "end_time",
    most,
    rowsAtOnce: 100,
    size: rowsOfRun(runs),
    remove: (rows, isDoomed) =>
      deleteRuns(
        runs,
        rows.map(({ id }) => id),
        isDoomed,
      ),
    runs,
  };
}

function walkOfTable(table: string, time: string): Omit<Walk, "isDoomed"> {
  return {
    table,
    time,
    most: mostOfTable,
    rowsAtOnce: mostOfTable,
    size: raw(1),
    remove: (rows, isDoomed) => [sql`delete from ${raw(table)} as r where ${isOneOf(rows)} and ${isDoomed}`],
  };
}

const isOneOf = (rows: readonly Found[]): Sql =>
  sql`r.rowid in (select value from json_each(${stringifyJson(rows.map(({ place }) => place))}))`;

const candidate = ({ time, size, isDoomed }: Walk) =>
  selection({
    id: text("r.id"),
    at: number(`r.${time}`),
    place: number("r.rowid"),
    rows: number(sql`iif(${isDoomed}, ${size}, 0)`),
  });

const configurationKey = "retention";
const value = only(json("value"));

/** Returns how far each kind was walked through. */
export async function readCursors(db: Database): Promise<(kind: RetainedKind) => Cursor> {
  const stored = value.first(await db.execute(sql`select ${value.columns} from configuration where key = ${configurationKey}`));
  return (kind) => {
    const cursor = isJsonObject(stored) ? stored[kind] : undefined;
    const [at, place] = Array.isArray(cursor) ? cursor : [];
    return typeof at === "number" && typeof place === "number" ? { at, place } : { at: 0, place: -1 };
  };
}

function storeCursor(kind: RetainedKind, { at, place }: Cursor, now: Micros): Sql {
  const cursor = sql`json(${stringifyJson([at, place])})`;
  return sql`insert into configuration (key, created, updated, value) values (${configurationKey}, ${now}, ${now}, json_object(${kind}, ${cursor}))
    on conflict (key) do update set updated = excluded.updated, value = json_set(value, ${`$.${kind}`}, ${cursor})`;
}

/**
 * Deletes the oldest rows of a kind behind the cursor and before a time (both in the unit of its column), in one transaction of at most 250 rows of runs or 1,000 others; returns
 * the cursor behind them, which the same transaction stores. Two round trips.
 */
export async function deleteOldRows(
  db: Database,
  kind: RetainedKind,
  { before, cursor, now }: { before: number; cursor: Cursor; now: Micros },
): Promise<Cursor> {
  const walk = walks[kind];
  const { table, time, most: bound, rowsAtOnce, runs } = walk;
  const selected = candidate(walk);
  const column = raw(`r.${time}`);
  const found = selected.rows(
    await db.execute(sql`select ${selected.columns} from ${raw(table)} r where ${column} >= ${cursor.at} and ${column} < ${before}
      and (${column} > ${cursor.at} or r.rowid > ${cursor.place}) order by ${column}, r.rowid limit ${rowsAtOnce}`),
  );
  const doomed: Found[] = [];
  let [rows, next] = [0, cursor];
  const isDoomed = sql`${column} < ${before} and ${walk.isDoomed}`;
  for (const one of found) {
    rows += one.rows;
    if (rows > bound && doomed.length > 0) break;
    if (rows > bound && runs !== undefined && (await deleteSomeRowsOf(db, runs, one.id, isDoomed))) return next;
    if (one.rows > 0) doomed.push(one);
    next = { at: one.at, place: one.place };
    if (rows > bound) break;
  }
  const isPassed = found.length < rowsAtOnce && (found.at(-1)?.place ?? next.place) === next.place;
  if (isPassed) next = { at: before, place: -1 };
  const removed = doomed.length === 0 ? [] : walk.remove(doomed, isDoomed);
  await db.write([...removed, storeCursor(kind, next, now)]);
  return next;
}

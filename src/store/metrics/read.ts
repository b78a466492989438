import { isFinalType, type StateType, stateTypes } from "../../domain/states.ts";
import type { Micros } from "../../lib/time.ts";
import type { Passed } from "../automation-evaluation/read.ts";
import type { Database, Sql } from "../client.ts";
import { occupiedSlots } from "../concurrency-limits/occupancy.ts";
import { flag, number, numberOrNull, selection, text } from "../sql/selection.ts";
import { joined, raw, sql } from "../sql/tag.ts";
import { onlineUntil } from "../work-pools/rows.ts";

/** How many rows each count reads at most. */
export const countBound = 10_000;
const mostLimits = 1000;
const mostPools = 100;
/** Of the runs that are due, the first: one that has started has no time of its next start. */
const mostDue = 100;
/** For how long ended runs are counted. */
const endedWithin: Micros = 300_000_000;

/** The state types of runs that have not ended; those of the others may be of a million runs. */
const openTypes = stateTypes.filter((type) => !isFinalType(type));

/** What the metrics tell of a database. */
export interface DatabaseMetrics {
  readonly flow_runs: readonly StateCount[];
  readonly task_runs: readonly StateCount[];
  readonly ended: readonly StateCount[];
  readonly late: number;
  /** The earliest start that is due, null for none. */
  readonly oldest: Micros | null;
  readonly limits: readonly { readonly name: string; readonly limit: number; readonly taken: number }[];
  readonly pools: readonly { readonly name: string; readonly workers: number }[];
  readonly behind: number;
  readonly waiting: number;
  readonly dead: number;
}

export interface StateCount {
  readonly state_type: string;
  readonly count: number;
}

// A limit within: no more rows than that are read.
const atMost = (rows: Sql): Sql => sql`(select count(*) from (${rows} limit ${raw(countBound + 1)}))`;

const counted = (table: "flow_run" | "task_run") =>
  joined(
    openTypes.map(
      (type: StateType) =>
        sql`select ${type} as state_type, ${atMost(sql`select 1 from ${raw(table)} r where r.state_type = ${type}`)} as count`,
    ),
    " union all ",
  );

const stateCounts = selection({ state_type: text("state_type"), count: number("count") });
const limits = selection({ name: text("l.name"), limit: number('l."limit"'), taken: number("l.taken") });
const pools = selection({ name: text("p.name"), workers: number("coalesce(c.workers, 0)") });

const numbers = (now: Micros) =>
  selection({
    late: number(atMost(sql`select 1 from flow_run r where r.state_name = 'Late'`)),
    oldest: numberOrNull(sql`(select min(d.next_scheduled_start_time) from (
      select r.next_scheduled_start_time, r.state_type from flow_run r indexed by ix_flow_run__next_scheduled_start_time
      where r.next_scheduled_start_time <= ${now} order by r.next_scheduled_start_time limit ${raw(mostDue)}) d where d.state_type = 'SCHEDULED')`),
    waiting: number(atMost(sql`select 1 from automation_action a where a.due is not null`)),
    dead: number(atMost(sql`select 1 from automation_action a where a.due is null`)),
    last: number("coalesce((select max(e.position) from event e), 0)"),
    cursor: number("c.position"),
    version: number("c.version"),
    isWatched: flag("exists (select 1 from automation_trigger_name)"),
  });

const endedRuns = (now: Micros) => sql`select r.state_type, count(*) as count from (
  select state_type from flow_run where end_time > ${now - endedWithin} limit ${raw(countBound)}) r group by r.state_type`;

const limitsNow = (now: Micros) =>
  sql`select ${limits.columns} from (select l.name, l."limit", ${occupiedSlots("l", now)} as taken
    from (select * from concurrency_limit order by name limit ${raw(mostLimits)}) l where l.active) l`;

const poolsNow = (
  now: Micros,
) => sql`select ${pools.columns} from (select id, name from work_pool order by name limit ${raw(mostPools)}) p
  left join (select w.work_pool_id, count(*) as workers from (
    select work_pool_id, last_heartbeat_time, heartbeat_interval_seconds from worker where status = 'ONLINE'
    order by last_heartbeat_time desc limit ${raw(countBound)}) w where ${onlineUntil("w")} > ${now} group by w.work_pool_id) c on c.work_pool_id = p.id`;

/**
 * Returns the metrics of a database in one round trip, each count by an index and of at most 10,000 rows, whatever has ended. `passed` is what
 * this isolate knows of the evaluation of events: those that concern nothing are passed without a write.
 */
export async function readMetrics(db: Database, now: Micros, passed: Passed | null): Promise<DatabaseMetrics> {
  const one = numbers(now);
  const [flowRuns, taskRuns, ended, ofLimits, ofPools, ofNumbers] = await db.read([
    counted("flow_run"),
    counted("task_run"),
    endedRuns(now),
    limitsNow(now),
    poolsNow(now),
    sql`select ${one.columns} from automation_cursor c`,
  ]);
  const found = one.first(ofNumbers);
  if (found === null) throw new Error("the cursor of automations is missing");
  const { last, cursor, version, isWatched, ...rest } = found;
  const evaluated = passed?.version === version ? Math.max(cursor, passed.position) : cursor;
  return {
    ...rest,
    flow_runs: stateCounts.rows(flowRuns),
    task_runs: stateCounts.rows(taskRuns),
    ended: stateCounts.rows(ended),
    limits: limits.rows(ofLimits),
    pools: pools.rows(ofPools),
    behind: isWatched ? Math.max(0, last - evaluated) : 0,
  };
}

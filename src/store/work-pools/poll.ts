import type { Stamps } from "../../domain/surroundings.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Rows } from "../../lib/rows.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { deploymentEvents } from "../events/deployments.ts";
import { workQueueEvents } from "../events/work-queues.ts";
import { isGivenUp } from "../flow-runs/given-up.ts";
import { type RunWithState, runsWithState } from "../flow-runs/rows.ts";
import { type List, readList, sizeColumns, slicesOf } from "../slices.ts";
import { selection, text, textOrNull } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { slotsForWorkers, slotsOfPool } from "../work-queues/slots.ts";

/** The parameters of a worker's poll. Without names: all queues of the pool. */
export interface Poll {
  readonly work_pool_name: string;
  readonly work_queue_names: readonly string[];
  readonly scheduled_before: Micros | null;
  readonly scheduled_after: Micros | null;
  readonly limit: number;
  /** Runs that their deployments' policies give up at this time are not handed out. */
  readonly now: Micros;
}

/** What a poll found. */
export interface PollAnswer {
  readonly work_pool_id: string;
  /** The requested queues; null for a name without a queue. */
  readonly queues: readonly { readonly name: string; readonly id: string | null }[];
  readonly runs: Rows<RunWithState>;
}

const listed = (values: readonly string[]): Sql => sql`(select value from json_each(${stringifyJson(values)}))`;

const queuesOfPool = selection({ work_pool_id: text("p.id"), name: text("q.name"), id: textOrNull("q.id") });

/**
 * Returns the runs that a worker may start, by the priority of their queue, then by time. Null if there is no such pool. One
 * round trip; the rows read are proportional to queues and limit, not to the number of unstarted runs.
 */
export async function pollWorkPool(db: Database, poll: Poll): Promise<PollAnswer | null> {
  const { rows: runs, beside } = await readList(
    db,
    dueRuns(poll),
    sql`select ${queuesOfPool.columns} from work_pool p left join work_queue q on q.work_pool_id = p.id where p.name = ${poll.work_pool_name} order by q.priority, q.id`,
  );
  const found = queuesOfPool.rows(beside[0]);
  const [first] = found;
  if (first === undefined) return null;
  const ids = new Map(found.map(({ name, id }) => [name, id]));
  const names = poll.work_queue_names.length === 0 ? [...ids.keys()] : [...new Set(poll.work_queue_names)];
  return {
    work_pool_id: first.work_pool_id,
    queues: names.map((name) => ({ name, id: ids.get(name) ?? null })),
    runs,
  };
}

/** The statement that finds the runs of a poll; exported for its query plan. */
export const selectDue = (poll: Poll): Sql => dueRuns(poll).rows;

function dueRuns(poll: Poll): List<RunWithState> {
  const { columns, size, ...parts } = runsWithState;
  return { ...slicesOf({ ...parts, columns }), rows: due(poll, columns), sizes: due(poll, sizeColumns("r.id", size)) };
}

function due(poll: Poll, selected: Sql): Sql {
  const { work_pool_name, work_queue_names, scheduled_before, scheduled_after, limit, now } = poll;
  const named: Sql = work_queue_names.length === 0 ? sql`1` : sql`q.name in ${listed(work_queue_names)}`;
  const before: Sql = scheduled_before === null ? sql`` : sql`and r.next_scheduled_start_time <= ${scheduled_before}`;
  const after: Sql = scheduled_after === null ? sql`` : sql`and r.next_scheduled_start_time >= ${scheduled_after}`;
  return sql`with pool as (
        select p.id, p.concurrency_limit, case when p.concurrency_limit is not null then ${raw(slotsOfPool)} end as taken
        from work_pool p where p.name = ${work_pool_name} and p.is_paused = 0
      ), queue as materialized (
        select q.id, q.priority,
          case when q.concurrency_limit is null then ${limit} else max(0, q.concurrency_limit - ${raw(slotsForWorkers)}) end as free
        from pool join work_queue q on q.work_pool_id = pool.id
        where q.is_paused = 0 and ${named}
      ), head as (
        select queue.priority, run.value as id
        from queue cross join json_each((
          select json_group_array(id) from (
            select r.id from flow_run r
            where r.work_queue_id = queue.id and r.state_type = 'SCHEDULED' ${before} ${after}
              and coalesce(r.empirical_policy ->> '$.retry_type', '') <> 'in_process'
              and not ${isGivenUp(now)}
            order by r.next_scheduled_start_time, r.rowid limit ${limit}))) run
        where queue.free > 0 and run.key < queue.free
      ), chosen as (
        select head.priority, r.next_scheduled_start_time as due, r.rowid as place
        from head cross join flow_run r on r.id = head.id
        order by head.priority, r.next_scheduled_start_time, r.rowid
        limit coalesce((select min(${limit}, coalesce(max(0, concurrency_limit - taken), ${limit})) from pool), 0)
      )
      select ${selected} from chosen cross join flow_run r on r.rowid = chosen.place ${runsWithState.joins}
      order by chosen.priority, chosen.due, chosen.place`;
}

/** The age of `last_polled` from which a poll renews it: much less than the timeout after which a deployment is not ready. */
const renewAfter: Micros = 15_000_000;

/**
 * Returns the statements that record a poll of these queues: they and their deployments become READY, unless paused, with events.
 */
export function pollStatements(queue_ids: readonly string[], stamps: Stamps): Sql[] {
  const now = stamps.now();
  const polled = listed(queue_ids);
  const stale = sql`d.work_queue_id in ${polled} and (d.last_polled is null or d.last_polled < ${now - renewAfter})`;
  return [
    workQueueEvents("ready", stamps, sql`q.id in ${polled} and q.status = 'NOT_READY'`),
    sql`update work_queue set last_polled = max(${now}, coalesce(last_polled, 0)),
          updated = case status when 'NOT_READY' then max(${now}, updated + 1) else updated end,
          status = case status when 'NOT_READY' then 'READY' else status end
        where id in ${polled}`,
    deploymentEvents("ready", stamps, sql`${stale} and d.status = 'NOT_READY'`),
    sql`update deployment as d set last_polled = ${now}, status = 'READY' where ${stale}`,
  ];
}

/** Records a poll of these queues. */
export const recordPoll = async (db: Database, queue_ids: readonly string[], stamps: Stamps): Promise<void> => {
  if (queue_ids.length > 0) await db.write(pollStatements(queue_ids, stamps));
};

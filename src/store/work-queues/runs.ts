import type { Rows } from "../../lib/rows.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { isGivenUp } from "../flow-runs/given-up.ts";
import { flowRunJoins, flowRunParts, type StoredFlowRun } from "../flow-runs/rows.ts";
import { readList, sizeColumns, slicesOf } from "../slices.ts";
import { number, numberOrNull, selection, text, textOrNull } from "../sql/selection.ts";
import { joined, nothing, raw, sql } from "../sql/tag.ts";
import { readSelectedWorkQueue, type StoredWorkQueue, selectWorkQueue } from "./rows.ts";
import { countOfHolders, holdersOfQueue, isFoundByFilter, slotsForWorkers, slotsOfPool, slotsOfQueue } from "./slots.ts";

/** Returns a queue and its due runs, earliest first; null if there is no such queue. One round trip. */
export async function readRunsOfQueue(
  db: Database,
  question: RunsRequest,
): Promise<{ queue: StoredWorkQueue; runs: Rows<StoredFlowRun> } | null> {
  const list = {
    ...slicesOf(flowRunParts),
    rows: selectRuns(question, flowRunParts.columns),
    sizes: selectRuns(question, sizeColumns("r.id", flowRunParts.size)),
  };
  const { rows: runs, beside } = await readList(db, list, selectWorkQueue({ id: question.id }, "for_queues"));
  const queue = readSelectedWorkQueue(beside[0]);
  return queue === null ? null : { queue, runs };
}

interface RunsRequest {
  readonly id: string;
  readonly scheduled_before: Micros | null;
  readonly limit: number;
  /** Runs that their deployments' policies give up at this time are not handed out. */
  readonly now: Micros;
}

// A run is in a queue in three ways, each with its own index: by id, by name only, or through the queue's filter.
function selectRuns({ id, scheduled_before, limit, now }: RunsRequest, selected: Sql): Sql {
  const before = scheduled_before === null ? nothing : sql`and r.next_scheduled_start_time <= ${scheduled_before}`;
  const part = (
    condition: string,
  ): Sql => sql`select * from (select r.id, r.next_scheduled_start_time as due from q cross join flow_run r
      where q.is_paused = 0 and ${raw(condition)} and r.state_type = 'SCHEDULED' ${before}
        and not ${isGivenUp(now)}
      order by r.next_scheduled_start_time, r.rowid limit ${limit})`;
  const parts = joined(
    [
      part("q.filter is null and r.work_queue_id = q.id"),
      part("q.filter is null and r.work_queue_id is null and r.work_queue_name = q.name"),
      part(`q.filter is not null and ${isFoundByFilter}`),
    ],
    " union all ",
  );
  const taken = raw(`case when q.filter is null then ${countOfHolders} else ${slotsOfQueue} end`);
  return sql`with q as (select id, name, is_paused, concurrency_limit, filter from work_queue where id = ${id}),
      chosen as (
        select id, due from (${parts}) order by due, id
        limit coalesce((select case when q.concurrency_limit is null then ${limit}
          else max(0, min(${limit}, q.concurrency_limit - (${taken}))) end from q), 0))
      select ${selected} from chosen cross join flow_run r on r.id = chosen.id ${flowRunJoins}
      order by chosen.due, chosen.id`;
}

/** A run that holds a slot. */
export interface SlotHolder {
  readonly id: string;
  readonly name: string;
  readonly work_queue_id: string | null;
  readonly state_type: string | null;
  readonly state_name: string | null;
  readonly start_time: Micros | null;
  readonly state_timestamp: Micros | null;
}

const slotHolders = selection({
  id: text("r.id"),
  name: text("r.name"),
  work_queue_id: textOrNull("r.work_queue_id"),
  state_type: textOrNull("r.state_type"),
  state_name: textOrNull("r.state_name"),
  start_time: numberOrNull("r.start_time"),
  state_timestamp: numberOrNull("r.state_timestamp"),
});

interface Part {
  readonly limit: number;
  readonly offset: number;
}

const slotsTaken = selection({
  concurrency_limit: numberOrNull("q.concurrency_limit"),
  active_slots: number(countOfHolders),
});

/** Returns a queue's limit, the number of runs that hold its slots and a page of them by id; null if there is no such queue. */
export async function readSlotsOfQueue(
  db: Database,
  id: string,
  { limit, offset }: Part,
): Promise<{ concurrency_limit: number | null; active_slots: number; holders: SlotHolder[] } | null> {
  const queue = sql`with q as (select id, name, concurrency_limit from work_queue where id = ${id})`;
  const [found, holders] = await db.read([
    sql`${queue} select ${slotsTaken.columns} from q`,
    sql`${queue} select ${slotHolders.columns} from flow_run r where r.id in (
          select r.id from q cross join flow_run r where ${raw(holdersOfQueue.by_id)}
          union all select r.id from q cross join flow_run r where ${raw(holdersOfQueue.by_name)})
        order by r.id limit ${limit} offset ${offset}`,
  ]);
  const slots = slotsTaken.first(found);
  return slots && { ...slots, holders: slotHolders.rows(holders) };
}

/** A queue of a pool with the number of the pool's slots that its runs hold. */
export interface QueueSlots {
  readonly id: string;
  readonly name: string;
  readonly concurrency_limit: number | null;
  readonly active_slots: number;
}

const poolSlots = selection({
  concurrency_limit: numberOrNull("p.concurrency_limit"),
  active_slots: number(slotsOfPool),
  queue_count: number("(select count(*) from work_queue where work_pool_id = p.id)"),
});
const queueSlots = selection({
  id: text("q.id"),
  name: text("q.name"),
  concurrency_limit: numberOrNull("q.concurrency_limit"),
  active_slots: number(slotsForWorkers),
});

/** Returns a pool's slots, a page of its queues by priority and some of the runs of each; null if there is no such pool. */
export async function readSlotsOfPool(
  db: Database,
  work_pool_name: string,
  { limit, offset, runs_per_queue }: Part & { runs_per_queue: number },
): Promise<{
  concurrency_limit: number | null;
  active_slots: number;
  queue_count: number;
  queues: QueueSlots[];
  holders: SlotHolder[];
} | null> {
  const part = sql`(select q.id, q.name, q.concurrency_limit, q.priority from work_queue q
    where q.work_pool_id = (select id from work_pool where name = ${work_pool_name}) order by q.priority, q.id limit ${limit} offset ${offset})`;
  const [pool, queues, holders] = await db.read([
    sql`select ${poolSlots.columns} from work_pool p where p.name = ${work_pool_name}`,
    sql`select ${queueSlots.columns} from ${part} q order by q.priority, q.id`,
    sql`select * from (
          select ${slotHolders.columns}, row_number() over (partition by r.work_queue_id order by r.id) as place
          from ${part} q cross join flow_run r on r.work_queue_id = q.id where r.state_type in ('PENDING', 'RUNNING', 'CANCELLING') and r.state_type <> 'CANCELLING'
        ) where place <= ${runs_per_queue} order by id`,
  ]);
  const slots = poolSlots.first(pool);
  return slots && { ...slots, queues: queueSlots.rows(queues), holders: slotHolders.rows(holders) };
}

const health = selection({
  last_polled: numberOrNull("q.last_polled"),
  // The unary plus keeps SQLite on the index of state names: there are few late runs, but many scheduled ones.
  late_runs_count: number("(select count(*) from flow_run r where r.state_name = 'Late' and +r.work_queue_id = q.id)"),
});

/** Returns when a queue was last polled and the number of its late runs; null if there is no such queue. */
export const readQueueHealth = async (
  db: Database,
  id: string,
): Promise<{ last_polled: Micros | null; late_runs_count: number } | null> =>
  health.first(await db.execute(sql`select ${health.columns} from work_queue q where q.id = ${id}`));

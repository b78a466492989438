import type { Rows } from "../../lib/rows.ts";
import type { Micros } from "../../schemas/time.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { flowRunJoins, flowRunParts, type StoredFlowRun } from "../flow-runs/select.ts";
import { readList, slicesOf } from "../slices.ts";
import { readSelectedWorkQueue, type StoredWorkQueue, selectWorkQueue } from "../work-queues.ts";
import { countOfHolders, holdersOfQueue, isFoundByFilter, slotsForWorkers, slotsOfPool, slotsOfQueue } from "./slots.ts";

/** Returns a queue and the runs that it gives away, earliest first; null if there is no such queue. One round trip. */
export async function readRunsOfQueue(
  db: Database,
  question: Question,
): Promise<{ queue: StoredWorkQueue; runs: Rows<StoredFlowRun> } | null> {
  const list = {
    ...slicesOf(flowRunParts),
    rows: selectRuns(question, flowRunParts.columns.sql),
    sizes: selectRuns(question, `r.id, ${flowRunParts.size}`),
  };
  const { rows: runs, beside } = await readList(db, list, selectWorkQueue({ id: question.id }, "for_queues"));
  const queue = readSelectedWorkQueue(beside[0]);
  return queue === null ? null : { queue, runs };
}

interface Question {
  readonly id: string;
  readonly scheduled_before: Micros | null;
  readonly limit: number;
}

// Three ways to be in a queue, each by its own index: by its id, by its name alone, or found by its filter.
function selectRuns({ id, scheduled_before, limit }: Question, selected: string): Sql {
  const before: Sql =
    scheduled_before === null ? { sql: "", args: [] } : { sql: "and r.next_scheduled_start_time <= ?", args: [scheduled_before] };
  const part = (condition: string): Sql => ({
    sql: `select * from (select r.id, r.next_scheduled_start_time as due from q cross join flow_run r
      where q.is_paused = 0 and ${condition} and r.state_type = 'SCHEDULED' ${before.sql}
      order by r.next_scheduled_start_time, r.rowid limit ?)`,
    args: [...before.args, limit],
  });
  const parts = [
    part("q.filter is null and r.work_queue_id = q.id"),
    part("q.filter is null and r.work_queue_id is null and r.work_queue_name = q.name"),
    part(`q.filter is not null and ${isFoundByFilter}`),
  ];
  return {
    sql: `with q as (select id, name, is_paused, concurrency_limit, filter from work_queue where id = ?),
      chosen as (
        select id, due from (${parts.map(({ sql }) => sql).join(" union all ")}) order by due, id
        limit coalesce((select case when q.concurrency_limit is null then ?
          else max(0, min(?, q.concurrency_limit - (case when q.filter is null then ${countOfHolders} else ${slotsOfQueue} end))) end from q), 0))
      select ${selected} from chosen cross join flow_run r on r.id = chosen.id ${flowRunJoins}
      order by chosen.due, chosen.id`,
    args: [id, ...parts.flatMap(({ args }) => args), limit, limit],
  };
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

const holderColumns = "r.id, r.name, r.work_queue_id, r.state_type, r.state_name, r.start_time, r.state_timestamp";

const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
const numberOrNull = (value: unknown): number | null => (typeof value === "number" ? value : null);

const readHolders = (result: ResultSet | undefined): SlotHolder[] =>
  (result?.rows ?? []).map((row) => ({
    id: String(row[0]),
    name: String(row[1]),
    work_queue_id: textOrNull(row[2]),
    state_type: textOrNull(row[3]),
    state_name: textOrNull(row[4]),
    start_time: numberOrNull(row[5]),
    state_timestamp: numberOrNull(row[6]),
  }));

interface Part {
  readonly limit: number;
  readonly offset: number;
}

/** Returns a queue's limit, how many runs hold its slots and a part of them by id; null if there is no such queue. */
export async function readSlotsOfQueue(
  db: Database,
  id: string,
  { limit, offset }: Part,
): Promise<{ concurrency_limit: number | null; active_slots: number; holders: SlotHolder[] } | null> {
  const queue = "with q as (select id, name, concurrency_limit from work_queue where id = ?)";
  const [found, holders] = await db.read([
    { sql: `${queue} select q.concurrency_limit, ${countOfHolders} from q`, args: [id] },
    {
      sql: `${queue} select ${holderColumns} from flow_run r where r.id in (
          select r.id from q cross join flow_run r where ${holdersOfQueue.by_id}
          union all select r.id from q cross join flow_run r where ${holdersOfQueue.by_name})
        order by r.id limit ? offset ?`,
      args: [id, limit, offset],
    },
  ]);
  const [values] = found?.rows ?? [];
  if (values === undefined) return null;
  return { concurrency_limit: numberOrNull(values[0]), active_slots: Number(values[1]), holders: readHolders(holders) };
}

/** A queue of a pool with how many of the pool's slots its runs hold. */
export interface QueueSlots {
  readonly id: string;
  readonly name: string;
  readonly concurrency_limit: number | null;
  readonly active_slots: number;
}

/** Returns a pool's slots, a part of its queues by priority and some of the runs of each; null if there is no such pool. */
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
  const part = `(select q.id, q.name, q.concurrency_limit, q.priority from work_queue q
    where q.work_pool_id = (select id from work_pool where name = ?) order by q.priority, q.id limit ? offset ?)`;
  const args = [work_pool_name, limit, offset];
  const [pool, queues, holders] = await db.read([
    {
      sql: `select p.concurrency_limit, ${slotsOfPool}, (select count(*) from work_queue where work_pool_id = p.id) from work_pool p where p.name = ?`,
      args: [work_pool_name],
    },
    { sql: `select q.id, q.name, q.concurrency_limit, ${slotsForWorkers} from ${part} q order by q.priority, q.id`, args },
    {
      sql: `select * from (
          select ${holderColumns}, row_number() over (partition by r.work_queue_id order by r.id) as place
          from ${part} q cross join flow_run r on r.work_queue_id = q.id where r.state_type in ('PENDING', 'RUNNING', 'CANCELLING') and r.state_type <> 'CANCELLING'
        ) where place <= ? order by id`,
      args: [...args, runs_per_queue],
    },
  ]);
  const [values] = pool?.rows ?? [];
  if (values === undefined) return null;
  return {
    concurrency_limit: numberOrNull(values[0]),
    active_slots: Number(values[1]),
    queue_count: Number(values[2]),
    queues: (queues?.rows ?? []).map((row) => ({
      id: String(row[0]),
      name: String(row[1]),
      concurrency_limit: numberOrNull(row[2]),
      active_slots: Number(row[3]),
    })),
    holders: readHolders(holders),
  };
}

/** Returns when a queue was last polled and how many of its runs are marked late; null if there is no such queue. */
export async function readQueueHealth(
  db: Database,
  id: string,
): Promise<{ last_polled: Micros | null; late_runs_count: number } | null> {
  // The plus keeps SQLite on the index of state names: late runs are few, scheduled ones are not.
  const found = await db.execute({
    sql: `select q.last_polled, (select count(*) from flow_run r where r.state_name = 'Late' and +r.work_queue_id = q.id)
      from work_queue q where q.id = ?`,
    args: [id],
  });
  const [values] = found.rows;
  return values === undefined ? null : { last_polled: numberOrNull(values[0]), late_runs_count: Number(values[1]) };
}

import { catchUpOf } from "../../domain/deployments/catch-up.ts";
import { mostAhead, type WaitingRun } from "../../domain/waiting-run.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { occupiedSlots } from "../concurrency-limits/occupancy.ts";
import { catchUpFacts } from "../flow-runs/given-up.ts";
import { flag, json, number, numberOrNull, optional, selection, text, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { onlineUntil } from "../work-pools/rows.ts";
import { slotsForWorkers, slotsOfPool } from "../work-queues/slots.ts";

/** So many holders of each kind are listed at most. */
const mostHolders = 20;

const holder = selection({
  holder_type: textOrNull("holder_type"),
  holder_id: textOrNull("holder_id"),
  since: number("since"),
});

// Counted to a bound: a queue may have a million runs.
const ahead = `(select count(*) from (select 1 from flow_run o
  where o.work_queue_id = q.id and o.state_type = 'SCHEDULED' and o.next_scheduled_start_time < r.next_scheduled_start_time
  limit ${mostAhead}))`;

/** Returns what the start of a flow run depends on, null for no such run. One round trip. */
export async function readWaitingRun(db: Database, id: string, now: Micros): Promise<WaitingRun | null> {
  const facts = factsAt(now);
  const [found, deployment, queue, pool] = await db.read([
    sql`select ${facts.columns} from flow_run r left join deployment d on d.id = r.deployment_id
          left join concurrency_limit l on l.id = d.concurrency_limit_id
          left join work_queue q on q.id = r.work_queue_id left join work_pool p on p.id = q.work_pool_id
        where r.id = ${id}`,
    holdersOfDeployment(id, now),
    busyRuns(sql`r.work_queue_id = (select work_queue_id from flow_run where id = ${id})`),
    busyRuns(sql`r.work_queue_id in (select o.id from flow_run t join work_queue q on q.id = t.work_queue_id
      join work_queue o on o.work_pool_id = q.work_pool_id where t.id = ${id})`),
  ]);
  const run = facts.first(found);
  if (run === null) return null;
  const { labels, is_concerned, is_superseded, ...rest } = run;
  const policy = is_concerned ? catchUpOf(labels) : null;
  const catch_up = policy === null ? null : { ...policy, is_superseded };
  return {
    ...rest,
    catch_up,
    holders: { deployment: holder.rows(deployment), queue: holder.rows(queue), pool: holder.rows(pool) },
  };
}

const factsAt = (now: Micros) =>
  selection({
    state_type: textOrNull("r.state_type"),
    state_name: textOrNull("r.state_name"),
    since: numberOrNull("r.state_timestamp"),
    message: textOrNull("(select s.message from flow_run_state s where s.id = r.state_id)"),
    ...catchUpFacts(now),
    labels: json("d.labels"),
    scheduled: numberOrNull("r.next_scheduled_start_time"),
    retry_type: textOrNull("r.empirical_policy ->> '$.retry_type'"),
    deployment: optional(
      selection({ name: text("d.name"), paused: flag("d.paused"), last_polled: numberOrNull("d.last_polled") }),
    ),
    limit: optional(
      selection({
        limit: number('l."limit"'),
        active: flag("l.active"),
        occupied: number(sql`case when l.id is not null then ${occupiedSlots("l", now)} end`),
      }),
    ),
    queue: optional(
      selection({
        name: text("q.name"),
        is_paused: flag("q.is_paused"),
        concurrency_limit: numberOrNull("q.concurrency_limit"),
        active_slots: number(slotsForWorkers),
        last_polled: numberOrNull("q.last_polled"),
        ahead: number(ahead),
      }),
    ),
    pool: optional(
      selection({
        name: text("p.name"),
        type: text("p.type"),
        is_paused: flag("p.is_paused"),
        concurrency_limit: numberOrNull("p.concurrency_limit"),
        active_slots: number(slotsOfPool),
        last_heartbeat: numberOrNull("(select max(w.last_heartbeat_time) from worker w where w.work_pool_id = p.id)"),
        online_until: numberOrNull(sql`(select max(${onlineUntil("w")}) from worker w where w.work_pool_id = p.id)`),
      }),
    ),
  });

const holdersOfDeployment = (id: string, now: Micros): Sql => sql`
  select e.holder_type, e.holder_id, e.created as since
    from flow_run t join deployment d on d.id = t.deployment_id join concurrency_lease_slot s on s.limit_id = d.concurrency_limit_id
      join concurrency_lease e on e.id = s.lease_id
    where t.id = ${id} and s.slots > 0 and e.expires > ${now}
  union all select 'flow_run', r.id, coalesce(r.state_timestamp, r.created)
    from flow_run t join deployment d on d.id = t.deployment_id join flow_run r on r.concurrency_limit_id = d.concurrency_limit_id
    where t.id = ${id}
  order by since limit ${mostHolders}`;

// The terms of the partial index ix_flow_run__work_queue_busy.
const busyRuns = (where: Sql): Sql => sql`
  select 'flow_run' as holder_type, r.id as holder_id, coalesce(r.state_timestamp, r.created) as since
    from flow_run r where ${where} and r.state_type in ('PENDING', 'RUNNING', 'CANCELLING') and r.state_type <> 'CANCELLING'
    order by since limit ${mostHolders}`;

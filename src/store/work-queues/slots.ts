// Both repeat the terms of the partial index ix_flow_run__work_queue_busy, without which SQLite does not use it.
const starting = "r.state_type in ('PENDING', 'RUNNING', 'CANCELLING') and r.state_type <> 'CANCELLING'";
const startingOrEnding = "r.state_type in ('PENDING', 'RUNNING', 'CANCELLING')";

/** The active slots of the pool `p`: runs of all its queues, paused ones included. */
export const slotsOfPool = `(select count(*) from work_queue u join flow_run r on r.work_queue_id = u.id
  where u.work_pool_id = p.id and ${starting})`;

/** The active slots of the queue `q`, as polls and the operations on pools count them. */
export const slotsForWorkers = `(select count(*) from flow_run r where r.work_queue_id = q.id and ${starting})`;

/** The condition that the filter of the queue `q` (a legacy kind of queue) matches the run `r`. */
export const isFoundByFilter = `r.deployment_id is not null
  and (q.filter ->> '$.deployment_ids' is null or r.deployment_id in (select value from json_each(q.filter, '$.deployment_ids')))
  and not exists (select 1 from json_each(q.filter, '$.tags') wanted where wanted.value is not null
    and not exists (select 1 from flow_run_tag t where t.tag = wanted.value and t.flow_run_id = r.id))`;

/**
 * The active slots of the queue `q` as the operations on queues show them: with cancelling runs, unless the queue has a filter.
 */
export const slotsOfQueue = `case when q.filter is null
  then (select count(*) from flow_run r where r.work_queue_id = q.id and ${startingOrEnding})
  else (select count(*) from flow_run r where ${starting} and ${isFoundByFilter}) end`;

/** The conditions on a run `r` that holds a slot of the queue `q`: by the queue's id, or by its name only. */
export const holdersOfQueue = {
  by_id: `r.work_queue_id = q.id and ${startingOrEnding}`,
  by_name: `r.work_queue_id is null and r.work_queue_name = q.name and ${startingOrEnding}`,
};

/** The number of these; it limits the runs that a poll of the queue returns. */
export const countOfHolders = `((select count(*) from flow_run r where ${holdersOfQueue.by_id})
  + (select count(*) from flow_run r where ${holdersOfQueue.by_name}))`;

// Both name the terms of ix_flow_run__work_queue_busy, which is why the first one seems to say too much.
const starting = "r.state_type in ('PENDING', 'RUNNING', 'CANCELLING') and r.state_type <> 'CANCELLING'";
const startingOrEnding = "r.state_type in ('PENDING', 'RUNNING', 'CANCELLING')";

/** Slots of the pool `p` that are taken: runs of all its queues, paused ones included. */
export const slotsOfPool = `(select count(*) from work_queue u join flow_run r on r.work_queue_id = u.id
  where u.work_pool_id = p.id and ${starting})`;

/** Slots of the queue `q` that are taken, as workers and the operations of pools count them. */
export const slotsForWorkers = `(select count(*) from flow_run r where r.work_queue_id = q.id and ${starting})`;

/** Tells whether the filter of the queue `q` (the oldest kind of queue) finds the run `r`. */
export const isFoundByFilter = `r.deployment_id is not null
  and (q.filter ->> '$.deployment_ids' is null or r.deployment_id in (select value from json_each(q.filter, '$.deployment_ids')))
  and not exists (select 1 from json_each(q.filter, '$.tags') wanted where wanted.value is not null
    and not exists (select 1 from flow_run_tag t where t.tag = wanted.value and t.flow_run_id = r.id))`;

/** Slots of the queue `q` as the operations on queues show them: cancelling runs count, for filters they do not. */
export const slotsOfQueue = `case when q.filter is null
  then (select count(*) from flow_run r where r.work_queue_id = q.id and ${startingOrEnding})
  else (select count(*) from flow_run r where ${starting} and ${isFoundByFilter}) end`;

/** The runs that hold a slot of the queue `q`: by its id, and those that carry nothing but its name; conditions on `r`. */
export const holdersOfQueue = {
  by_id: `r.work_queue_id = q.id and ${startingOrEnding}`,
  by_name: `r.work_queue_id is null and r.work_queue_name = q.name and ${startingOrEnding}`,
};

/** How many there are of these; what limits the runs that a queue gives away. */
export const countOfHolders = `((select count(*) from flow_run r where ${holdersOfQueue.by_id})
  + (select count(*) from flow_run r where ${holdersOfQueue.by_name}))`;

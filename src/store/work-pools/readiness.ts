import type { Stamps } from "../../domain/surroundings.ts";
import { pollTimeout } from "../../domain/work-pools/statuses.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { deploymentEvents } from "../events/deployments.ts";
import { workPoolStatusEvents } from "../events/work-pools.ts";
import { workQueueEvents } from "../events/work-queues.ts";
import { idsOfHead } from "../events/write.ts";
import { sql } from "../sql/tag.ts";
import { onlineUntil } from "./rows.ts";

/** The number of rows of each kind that one call updates. */
export const readinessBatch = 200;

/**
 * Stores what has expired by `now`, with events: workers become OFFLINE, and pools without an online worker, deployments and
 * queues without a recent poll become NOT_READY. Returns the number of rows of the most frequent kind.
 */
export async function expireReadiness(db: Database, now: Micros, stamps: Stamps): Promise<number> {
  const results = await db.write([
    expireWorkers(now),
    ...expirePools(stamps),
    ...expireDeployments(now, stamps),
    ...expireQueues(now, stamps),
  ]);
  return Math.max(...results.map(({ rows }) => rows.length));
}

// The condition on last_heartbeat_time alone bounds the index scan; the exact condition is on the sum.
const expireWorkers = (now: Micros): Sql => sql`update worker set status = 'OFFLINE' where id in (
      select w.id from worker w where w.status = 'ONLINE' and w.last_heartbeat_time < ${now} and ${onlineUntil("w")} <= ${now}
      order by w.last_heartbeat_time limit ${readinessBatch}) returning id`;

// In each pair the event comes first, since it selects the rows that the update is about to change.
function expirePools(stamps: Stamps): Sql[] {
  const event = { id: stamps.newId(), occurred: stamps.now() };
  const silent: Sql = sql`(select s.id from work_pool s where s.status = 'READY'
        and not exists (select 1 from worker w where w.work_pool_id = s.id and w.status = 'ONLINE')
      order by s.id limit ${readinessBatch})`;
  const told = idsOfHead(event.id);
  return [
    workPoolStatusEvents("not-ready", event, sql`p.id in ${silent}`),
    sql`update work_pool set status = 'NOT_READY', updated = max(${event.occurred}, updated + 1), last_status_event_time = ${event.occurred},
          last_status_event_id = (select e.id from event e where e.id in (${told}) and e.resource_id = 'prefect.work-pool.' || work_pool.id)
        where id in ${silent} returning id`,
  ];
}

function expireDeployments(now: Micros, stamps: Stamps): Sql[] {
  const silent: Sql = sql`(select s.id from deployment s left join work_queue q on q.id = s.work_queue_id
      where s.status = 'READY' and s.last_polled < ${now - pollTimeout} and (q.last_polled is null or q.last_polled < ${now - pollTimeout})
      order by s.last_polled, s.id limit ${readinessBatch})`;
  return [
    deploymentEvents("not-ready", stamps, sql`d.id in ${silent}`),
    sql`update deployment set status = 'NOT_READY' where id in ${silent} returning id`,
  ];
}

function expireQueues(now: Micros, stamps: Stamps): Sql[] {
  const silent: Sql = sql`(select s.id from work_queue s where s.status = 'READY' and s.last_polled < ${now - pollTimeout} order by s.last_polled, s.id limit ${readinessBatch})`;
  return [
    workQueueEvents("not-ready", stamps, sql`q.id in ${silent}`),
    sql`update work_queue set status = 'NOT_READY', updated = max(${stamps.now()}, updated + 1) where id in ${silent} returning id`,
  ];
}

import { formatTime, type Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { nothing, sql } from "../sql/tag.ts";

/** Returns the statement for the ids of flow runs that should have started by a time and are not Late, the most overdue first. */
export const unstartedRuns = (
  by: Micros,
  limit: number,
): Sql => sql`select r.id from flow_run r indexed by ix_flow_run__unstarted where r.state_name = 'Scheduled' and r.state_type = 'SCHEDULED' and r.next_scheduled_start_time <= ${by}
    order by r.next_scheduled_start_time, r.rowid limit ${limit}`;

/** Returns the statement for the ids of paused flow runs whose pause timed out. */
export const expiredPauses = (
  now: Micros,
  limit: number,
): Sql => sql`select r.id from flow_run r join flow_run_state s on s.id = r.state_id
    where r.state_type = 'PAUSED' and s.state_details ->> 'pause_timeout' <= ${formatTime(now)} order by r.start_or_expected, r.rowid limit ${limit}`;

/** Returns the statement for the ids of subflow runs that have not ended although their parent run was cancelled since a time. */
export const subflowsOfCancelledRuns = (
  since: Micros,
  limit: number,
): Sql => sql`select r.id from flow_run r cross join task_run t on t.id = r.parent_task_run_id cross join flow_run c on c.id = t.flow_run_id
    where r.parent_task_run_id is not null and r.state_type in ('SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED')
      and c.state_type = 'CANCELLED' and c.end_time >= ${since} order by r.id limit ${limit}`;

/** Returns the statement for the ids of flow runs that have been CANCELLING since before a time. */
export const stuckCancellations = (before: Micros, limit: number): Sql =>
  sql`select r.id from flow_run r where r.state_type = 'CANCELLING' and r.state_timestamp <= ${before} order by r.start_or_expected, r.rowid limit ${limit}`;

/**
 * Returns the statement for the ids of RUNNING flow runs whose last heartbeat was received before a time, and which were started before:
 * runs that have never sent one are not among them. With an id: that run alone.
 */
export const unresponsiveRuns = (before: Micros, limit: number, id: string | null = null): Sql =>
  sql`select r.id from flow_run r where r.state_type = 'RUNNING' and r.state_timestamp <= ${before}${id === null ? nothing : sql` and r.id = ${id}`}
    and (select e.received from event e where e.resource_id = 'prefect.flow-run.' || r.id and e.event = 'prefect.flow-run.heartbeat'
      order by e.occurred desc limit 1) <= ${before} order by r.start_or_expected, r.rowid limit ${limit}`;

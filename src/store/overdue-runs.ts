import { formatTime, type Micros } from "../lib/time.ts";
import type { Sql } from "./client.ts";
import { raw, sql } from "./sql/tag.ts";

/** Returns the statement for the ids of paused flow runs whose pause timed out. */
export const expiredPauses = (
  now: Micros,
  limit: number,
): Sql => sql`select r.id from flow_run r join flow_run_state s on s.id = r.state_id
    where r.state_type = 'PAUSED' and s.state_details ->> 'pause_timeout' <= ${formatTime(now)} order by r.start_or_expected, r.rowid limit ${limit}`;

const open = "('SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED', 'CANCELLING')";

/** Returns the statement for the ids of task runs that have not ended although their flow run was cancelled since a time. */
export const taskRunsOfCancelledRuns = (
  since: Micros,
  limit: number,
): Sql => sql`select t.id from task_run t cross join flow_run r on r.id = t.flow_run_id
    where t.state_type in ${raw(open)} and r.state_type = 'CANCELLED' and r.end_time >= ${since} order by t.id limit ${limit}`;

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

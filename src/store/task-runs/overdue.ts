import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";

const open = "('SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED', 'CANCELLING')";

/** Returns the statement for the ids of task runs that have not ended although their flow run was cancelled since a time. */
export const taskRunsOfCancelledRuns = (
  since: Micros,
  limit: number,
): Sql => sql`select t.id from task_run t cross join flow_run r on r.id = t.flow_run_id
    where t.state_type in ${raw(open)} and r.state_type = 'CANCELLED' and r.end_time >= ${since} order by t.id limit ${limit}`;

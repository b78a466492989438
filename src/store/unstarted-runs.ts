import type { Micros } from "../lib/time.ts";
import type { Sql } from "./client.ts";
import { sql } from "./sql/tag.ts";

/** Returns the statement for the ids of flow runs that should have started by a time and are not Late, the most overdue first. */
export const unstartedRuns = (
  by: Micros,
  limit: number,
): Sql => sql`select r.id from flow_run r indexed by ix_flow_run__unstarted where r.state_name = 'Scheduled' and r.state_type = 'SCHEDULED' and r.next_scheduled_start_time <= ${by}
    order by r.next_scheduled_start_time, r.rowid limit ${limit}`;

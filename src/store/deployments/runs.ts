import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { nothing, raw, sql } from "../sql/tag.ts";

/** Which unstarted runs of a deployment are deleted: those of its schedules or all, those in the future or all. */
export interface RunsToDelete {
  readonly auto_scheduled_only: boolean;
  /** Only runs that start after this. */
  readonly after: Micros | null;
}

/**
 * Returns the statement that deletes unstarted runs of the deployments in a select of ids (`prefect/server/models/deployments.py
 * _delete_scheduled_runs`).
 */
export const deleteScheduledRuns = (deployment_ids: Sql, which: RunsToDelete): Sql =>
  sql`delete from flow_run where ${isUnstarted(deployment_ids, which)}`;

/** Returns the statement for the ids of all unstarted runs of the deployments in a select of ids. */
export const selectScheduledRuns = (deployment_ids: Sql, limit: number): Sql =>
  sql`select id from flow_run where ${isUnstarted(deployment_ids, { auto_scheduled_only: false, after: null })}
    order by deployment_id, next_scheduled_start_time limit ${limit}`;

function isUnstarted(deployment_ids: Sql, { auto_scheduled_only, after }: RunsToDelete): Sql {
  const later = after === null ? nothing : sql` and next_scheduled_start_time > ${after}`;
  const made = auto_scheduled_only ? raw(" and auto_scheduled = 1") : nothing;
  return sql`deployment_id in (${deployment_ids}) and state_type = 'SCHEDULED'${later}
      and run_count = 0 and state_name <> 'AwaitingConcurrencySlot'${made}`;
}

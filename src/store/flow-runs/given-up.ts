import { defaultLateness, type GivingUp } from "../../domain/deployments/catch-up.ts";
import type { Micros } from "../../lib/time.ts";
import { catchUpLabel, longestLateness, maxLateLabel } from "../../schemas/deployments/catch-up.ts";
import type { Sql } from "../client.ts";
import { flag } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";

const mode = `(d.labels ->> '$."${catchUpLabel}"')`;
const seconds = `(d.labels ->> '$."${maxLateLabel}"')`;

// What a flow's labels passed on may be no valid lateness: then the default holds.
const patience = `1000000 * case when typeof(${seconds}) = 'integer' and ${seconds} between 0 and ${longestLateness} then ${seconds}
  else case ${mode} when 'none' then ${defaultLateness.none} else ${defaultLateness.latest} end end`;

// Runs of schedules that nobody has tried to start: not those that wait for a slot or are to be retried.
const isUntouched = "r.auto_scheduled = 1 and r.run_count = 0 and r.state_name in ('Scheduled', 'Late')";

// Length of `scheduled <deployment> <schedule> `, with which the keys of one schedule's runs begin; their dates follow.
const keyStart = 84;

/**
 * A newer run of the same schedule is due, whatever became of it: a run that is given up stays so while a worker takes the newer one.
 * Found by the keys, as the index has them in the order of their dates.
 */
const isSuperseded = (now: Micros): Sql => sql`exists (select 1 from flow_run n indexed by uq_flow_run__idempotency_key_flow_id
    where n.idempotency_key > r.idempotency_key and n.idempotency_key < substr(r.idempotency_key, 1, ${raw(keyStart)}) || ':'
      and n.flow_id = r.flow_id and n.auto_scheduled = 1 and n.expected_start_time > r.expected_start_time
      and n.expected_start_time <= ${now})`;

/**
 * The condition that a SCHEDULED flow run (alias r) is given up by its deployment's policy. Costs nothing for a run that is not due, and
 * the deployment's row for one of a schedule that is.
 */
export const isGivenUp = (now: Micros): Sql => sql`(r.next_scheduled_start_time < ${now} and ${raw(isUntouched)}
  and exists (select 1 from deployment d where d.id = r.deployment_id and ${raw(mode)} in ('latest', 'none')
    and r.next_scheduled_start_time < ${now} - ${raw(patience)} and (${raw(mode)} = 'none' or ${isSuperseded(now)})))`;

// Deployments are looked at only while a run is overdue: a server without late runs reads two rows.
const someAreOverdue = (now: Micros): Sql => sql`(exists (select 1 from flow_run where state_name = 'Late')
  or exists (select 1 from flow_run indexed by ix_flow_run__unstarted
    where state_name = 'Scheduled' and state_type = 'SCHEDULED' and next_scheduled_start_time < ${now}))`;

/** What a policy has to know of a flow run (alias r): whether it concerns it, and whether a newer run of its schedule is due. */
export const catchUpFacts = (now: Micros) => ({
  is_concerned: flag(isUntouched),
  is_superseded: flag(sql`${isSuperseded(now)}`),
});

/**
 * Returns the statement for the ids of flow runs that the policies of one mode give up. Reads each deployment once, and of those with
 * the policy the runs that are overdue.
 */
export const givenUpRuns = (giving: GivingUp, now: Micros, limit: number): Sql =>
  sql`select r.id from deployment d cross join flow_run r on r.deployment_id = d.id
    where ${someAreOverdue(now)} and ${raw(mode)} = ${giving} and r.state_type = 'SCHEDULED'
      and r.next_scheduled_start_time < ${now} - ${raw(patience)} and ${raw(isUntouched)}
      ${giving === "latest" ? sql`and ${isSuperseded(now)}` : sql``}
    order by d.rowid, r.next_scheduled_start_time, r.rowid limit ${limit}`;

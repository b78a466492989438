import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import { releaseLeases } from "./leases.ts";

/**
 * Returns the statements that release holders of the limit (`l`) that the condition finds, the oldest first, until at most so
 * many slots are held. A lease is released with all its limits, as on expiry; a flow run that holds a slot itself goes on without
 * it.
 */
export function releaseHoldersAbove(limit: Sql, slots: number, now: Micros): Sql[] {
  const above = (column: "lease_id" | "run_id"): Sql =>
    sql`select ${raw(column)} from (${holders(limit, now)}) where upto > ${slots} and ${raw(column)} is not null`;
  return [
    // Runs first: a released run frees one slot only, so the leases that are still above the number stay above it.
    sql`update flow_run set concurrency_limit_id = null where id in (${above("run_id")})`,
    ...releaseLeases({ leases: { lease_ids: above("lease_id") }, now }),
  ];
}

// `upto`: the slots of a holder and all newer ones. Slots of decaying limits have no holder.
const holders = (
  limit: Sql,
  now: Micros,
): Sql => sql`select lease_id, run_id, sum(slots) over (order by since desc, id desc) as upto from (
    select e.id as id, e.id as lease_id, null as run_id, s.slots as slots, e.created as since
    from concurrency_limit l cross join concurrency_lease_slot s on s.limit_id = l.id join concurrency_lease e on e.id = s.lease_id
    where ${limit} and s.decays = 0 and s.slots > 0 and e.expires > ${now}
    union all select r.id, null, r.id, 1, coalesce(r.state_timestamp, r.created)
    from concurrency_limit l cross join flow_run r on r.concurrency_limit_id = l.id where ${limit})`;

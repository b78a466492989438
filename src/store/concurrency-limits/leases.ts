import { shortestOccupancySeconds } from "../../domain/concurrency/waiting.ts";
import type { Micros } from "../../lib/time.ts";
import { fromSecondsDuration } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { touched } from "../sql/rows.ts";
import { always, type Guard, raw, sql } from "../sql/tag.ts";
import { counterAssignments, hasFreeSlots, isChosen, type LimitChoice } from "./occupancy.ts";

/** The holder of a lease, as clients send it. */
export interface LeaseHolder {
  readonly type: "flow_run" | "task_run" | "deployment";
  readonly id: string;
}

export interface LeaseToTake {
  /** A new id: the slots were taken if and only if a lease of this id exists afterwards. */
  readonly lease_id: string;
  readonly limits: LimitChoice;
  readonly slots: number;
  readonly ttl_seconds: number;
  readonly holder: LeaseHolder | null;
  readonly now: Micros;
  readonly guard?: Guard;
}

/**
 * Returns the statements that take slots of all chosen limits or of none: they do nothing unless the guard holds and every active
 * limit has free slots at that point of the batch. Later statements use `leaseExists` as their guard. Inactive limits are part of
 * the lease without slots; slots of decaying limits go into their counter.
 */
export function takeLease({ lease_id, limits, slots, ttl_seconds, holder, now, guard = always }: LeaseToTake): Sql[] {
  const room = hasFreeSlots(limits, slots, now);
  const chosen = isChosen("l", limits);
  const taken = counterAssignments("l", now, sql`${slots}`);
  return [
    sql`insert into concurrency_lease (id, created, expires, ttl_seconds, holder_type, holder_id)
        select ${lease_id}, ${now}, ${now + fromSecondsDuration(ttl_seconds)}, ${ttl_seconds}, ${holder?.type ?? null}, ${holder?.id ?? null} where ${guard} and ${room}`,
    sql`insert into concurrency_lease_slot (limit_id, lease_id, slots, decays)
        select l.id, e.id, case when l.active = 1 then ${slots} else 0 end, l.slot_decay_per_second > 0
        from concurrency_lease e join concurrency_limit l on ${chosen} where e.id = ${lease_id}`,
    sql`update concurrency_limit as l set ${taken}
        where l.id in (select limit_id from concurrency_lease_slot where lease_id = ${lease_id} and decays = 1 and slots > 0)`,
  ];
}

/** The condition that a lease of this id exists, expired or not. */
export const leaseExists = (lease_id: string): Guard => sql`exists (select 1 from concurrency_lease where id = ${lease_id})`;

/**
 * Selects leases: by id, by a select of ids, by their holder among those on chosen limits, all on chosen limits, or the first
 * expired ones.
 */
export type LeaseChoice =
  | { readonly lease_id: string }
  | { readonly lease_ids: Sql }
  | { readonly holder_id: string; readonly limits: LimitChoice }
  | { readonly limits: LimitChoice }
  | { readonly expired: Micros; readonly limit: number };

export interface LeaseToRelease {
  readonly leases: LeaseChoice;
  readonly now: Micros;
  /** Whether the occupancy of the slots is added to the limits' averages; false by default. */
  readonly recordsOccupancy?: boolean;
  readonly guard?: Guard;
}

/**
 * Returns the statements that release whole leases, with all their limits; the last one returns the ids of the released leases.
 */
export function releaseLeases({ leases, now, recordsOccupancy = false, guard = always }: LeaseToRelease): Sql[] {
  const chosen = isChosenLease(leases);
  return [
    releaseStatements(chosen, now, recordsOccupancy, guard),
    sql`delete from concurrency_lease where id in (select e.id from concurrency_lease e where ${chosen})
        and ${guard} returning id`,
  ];
}

/** Releases a lease and adds the occupancy of its slots to the limits' averages. */
export async function giveLeaseBack(db: Database, lease_id: string, now: Micros): Promise<void> {
  await db.write(releaseLeases({ leases: { lease_id }, now, recordsOccupancy: true }));
}

/** Releases the first expired leases, as `giveLeaseBack` does. */
export async function releaseExpiredLeases(db: Database, now: Micros, limit: number): Promise<void> {
  await db.write(releaseLeases({ leases: { expired: now, limit }, now, recordsOccupancy: true }));
}

/** Returns the statements that release one lease. */
export const releaseLease = (lease_id: string, now: Micros, guard?: Guard): Sql[] =>
  releaseLeases({ leases: { lease_id }, now, ...(guard !== undefined && { guard }) });

/**
 * Returns the statement that sets a lease to expire after so many seconds; it returns no row if the lease does not exist or has
 * expired.
 */
export function renewLease({ lease_id, ttl_seconds, now, guard = always }: LeaseToRenew): Sql {
  return sql`update concurrency_lease set expires = ${now + fromSecondsDuration(ttl_seconds)}, ttl_seconds = ${ttl_seconds} where id = ${lease_id} and expires > ${now} and ${guard} returning id`;
}

/** Sets a lease to expire after so many seconds; returns false if it does not exist or has expired. */
export const extendLease = async (db: Database, lease: LeaseToRenew): Promise<boolean> =>
  touched(await db.execute(renewLease(lease)));

export interface LeaseToRenew {
  readonly lease_id: string;
  readonly ttl_seconds: number;
  readonly now: Micros;
  readonly guard?: Guard;
}

function isChosenLease(leases: LeaseChoice): Sql {
  if ("lease_id" in leases) return sql`e.id = ${leases.lease_id}`;
  if ("lease_ids" in leases) return sql`e.id in (${leases.lease_ids})`;
  if ("expired" in leases)
    return sql`e.id in (select id from concurrency_lease where expires <= ${leases.expired} order by expires, id limit ${leases.limit})`;
  const limits = isChosen("l", leases.limits);
  const on = sql`e.id in (select s.lease_id from concurrency_lease_slot s join concurrency_limit l on l.id = s.limit_id where ${limits})`;
  return "holder_id" in leases ? sql`e.holder_id = ${leases.holder_id} and ${on}` : on;
}

// Slots without decay are freed by deleting their row. What remains are the counters of decaying limits and the average
// occupancy, a running average over 2 × limit samples.
function releaseStatements(chosen: Sql, now: Micros, learns: boolean, guard: Guard): Sql {
  const settled = counterAssignments("l", now, sql`-given.decaying`);
  const average = `, avg_slot_occupancy_seconds = case when l."limit" = 0 then l.avg_slot_occupancy_seconds
    else l.avg_slot_occupancy_seconds + (given.occupancy - l.avg_slot_occupancy_seconds) * min(1, given.samples / (2.0 * l."limit")) end`;
  return sql`update concurrency_limit as l set ${settled}${raw(learns ? average : "")}
      from (
        select s.limit_id, sum(case when s.decays = 1 then s.slots else 0 end) as decaying, count(*) as samples,
          avg(max(${raw(shortestOccupancySeconds)}, (min(${now}, e.expires) - e.created) / 1000000.0 / s.slots)) as occupancy
        from concurrency_lease e join concurrency_lease_slot s on s.lease_id = e.id
        where ${chosen} and s.slots > 0 group by s.limit_id
      ) given
      where given.limit_id = l.id and l.active = 1 and (${raw(learns ? "1" : "given.decaying > 0")}) and ${guard}`;
}

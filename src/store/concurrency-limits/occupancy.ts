import { tagPrefix } from "../../domain/concurrency/tags.ts";
import { longestWaitSeconds, shortestOccupancySeconds } from "../../domain/concurrency/waiting.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { type Guard, joined, nothing, raw, sql } from "../sql/tag.ts";

/** Selects limits by ids or by names; missing limits are ignored, with `active_only` inactive ones, too. */
export type LimitChoice = ({ readonly ids: readonly string[] } | { readonly names: readonly string[] }) & {
  readonly active_only?: boolean;
};

/** Holders that release their slots in the same batch: their slots count as free. */
export interface ReleasedHolders {
  readonly lease_id?: string | null;
  /** All leases of this holder. */
  readonly holder_id?: string | null;
  /** The slot that this flow run holds without a lease. */
  readonly flow_run_id?: string | null;
}

/** The condition that finds the chosen limits under an alias. */
export function isChosen(alias: string, choice: LimitChoice): Sql {
  const [column, values] = "ids" in choice ? ["id", choice.ids] : ["name", choice.names];
  return sql`${raw(alias)}.${raw(column)} in (select value from json_each(${stringifyJson(values)}))${raw(choice.active_only === true ? ` and ${alias}.active = 1` : "")}`;
}

/**
 * Returns the expression for a limit's occupied slots, an integer; `alias` is the limit's alias in the surrounding statement.
 * Occupied are the counter of slots taken without a lease, after decay, the slots of unexpired leases, and one for each flow run
 * that holds a slot itself.
 */
export function occupiedSlots(alias: string, now: Micros, leaving: ReleasedHolders = {}): Sql {
  const counter = countedSlots(alias, now, leaving);
  const held = heldSlots(alias, now, leaving);
  return sql`cast(${counter} + ${held} as integer)`;
}

/** Returns the expression for the occupied slots with a holder: a lease or a run. */
export function heldSlots(alias: string, now: Micros, leaving: ReleasedHolders = {}): Sql {
  const leases = isReleased(leaving);
  const stays = leases === null ? nothing : sql` and not (${leases})`;
  const others = leaving.flow_run_id == null ? nothing : sql` and r.id <> ${leaving.flow_run_id}`;
  return sql`(coalesce((select sum(s.slots) from concurrency_lease_slot s join concurrency_lease e on e.id = s.lease_id
          where s.limit_id = ${raw(alias)}.id and s.decays = 0 and e.expires > ${now}${stays}), 0)
      + (select count(*) from flow_run r where r.concurrency_limit_id = ${raw(alias)}.id${others}))`;
}

// The counter, less the slots of released leases where the limit decays.
function countedSlots(alias: string, now: Micros, leaving: ReleasedHolders): Sql {
  const counter = decayedSlots(alias, now);
  const leases = isReleased(leaving);
  if (leases === null) return counter;
  return sql`max(0, ${counter} - coalesce((select sum(s.slots) from concurrency_lease_slot s join concurrency_lease e on e.id = s.lease_id
      where s.limit_id = ${raw(alias)}.id and s.decays = 1 and (${leases})), 0))`;
}

// Both comparisons are never null, so that `not` negates them.
function isReleased({ lease_id, holder_id }: ReleasedHolders): Sql | null {
  const parts = [
    ...(lease_id == null ? [] : [sql`e.id = ${lease_id}`]),
    ...(holder_id == null ? [] : [sql`e.holder_id is ${holder_id}`]),
  ];
  return parts.length === 0 ? null : joined(parts, " or ");
}

/** The condition that every chosen active limit has so many free slots. */
export function hasFreeSlots(choice: LimitChoice, slots: number, now: Micros, leaving?: ReleasedHolders): Guard {
  const chosen = isChosen("l", choice);
  const occupied = occupiedSlots("l", now, leaving);
  return sql`not exists (select 1 from concurrency_limit l where ${chosen} and l.active = 1 and ${occupied} + ${slots} > l."limit")`;
}

/** Returns the expression for a limit's counter after decay, in whole slots since the last change. */
export const decayedSlots = (alias: string, now: Micros): Sql =>
  sql`max(0, ${raw(alias)}.active_slots - ${wholeSlots(`${alias}.slot_decay_per_second`, alias, now)})`;

/**
 * Returns the expression for a limit's denied slots after decay, at the rate at which slots are freed, by decay or by the average
 * occupancy.
 */
export const decayedDenials = (alias: string, now: Micros): Sql => {
  const perSecond = `case when ${alias}.slot_decay_per_second > 0 then ${alias}.slot_decay_per_second
      else 1.0 / max(${shortestOccupancySeconds}, min(${alias}.avg_slot_occupancy_seconds,
        case when substr(${alias}.name, 1, ${tagPrefix.length}) = '${tagPrefix}'
          then ${longestWaitSeconds.tag} else ${longestWaitSeconds.other} end)) end`;
  return sql`max(0, ${raw(alias)}.denied_slots - ${wholeSlots(perSecond, alias, now)})`;
};

const wholeSlots = (perSecond: string, alias: string, now: Micros): Sql =>
  sql`cast(${raw(perSecond)} * max(0, ${now} - ${raw(alias)}.slots_changed) / 1000000.0 as integer)`;

/** Returns the assignments that store a limit's counters after decay, with `change` added to the counter of taken slots. */
export function counterAssignments(alias: string, now: Micros, change: Sql = sql`0`): Sql {
  const counter = decayedSlots(alias, now);
  const denials = decayedDenials(alias, now);
  return sql`active_slots = max(0, ${counter} + ${change}), denied_slots = ${denials}, slots_changed = max(${raw(alias)}.slots_changed, ${now}), updated = ${now}`;
}

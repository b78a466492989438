import { shortestOccupancySeconds } from "../../domain/concurrency/waiting.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { SlotDecrement } from "../../schemas/concurrency-limits-v2.ts";
import type { Database, Sql } from "../client.ts";
import { lastOf, touched } from "../sql/rows.ts";
import { flag, only } from "../sql/selection.ts";
import { type Guard, sql } from "../sql/tag.ts";
import { type LeaseToTake, leaseExists, releaseLeases, takeLease } from "./leases.ts";
import { counterAssignments, hasFreeSlots, isChosen, type LimitChoice } from "./occupancy.ts";
import { type LimitNow, limitsAt } from "./rows.ts";

/** The outcome of a request for slots, with the limits as they are now, in the request's order. */
export interface SlotsOutcome {
  readonly taken: boolean;
  readonly limits: readonly LimitNow[];
}

/** The condition that all chosen active limits decay. */
export function allDecay(choice: LimitChoice): Guard {
  const chosen = isChosen("l", { ...choice, active_only: true });
  return sql`not exists (select 1 from concurrency_limit l where ${chosen} and l.slot_decay_per_second = 0)`;
}

/** The condition that no chosen limit is 0 and at least one is active. */
export function allAllowSome(choice: LimitChoice): Guard {
  const chosen = isChosen("l", choice);
  return sql`not exists (select 1 from concurrency_limit l where ${chosen} and l."limit" = 0)
      and exists (select 1 from concurrency_limit l where ${chosen} and l.active = 1)`;
}

/** Takes slots of every active limit of these names, or none; they are counted without a holder. */
export async function takeUnheldSlots(
  db: Database,
  { names, slots, guard, now }: { names: readonly string[]; slots: number; guard: Guard; now: Micros },
): Promise<SlotsOutcome> {
  const choice = { names, active_only: true };
  const chosen = isChosen("l", choice);
  const room = hasFreeSlots(choice, slots, now);
  const added = counterAssignments("l", now, sql`${slots}`);
  const asked = limitsInOrder(names, now);
  const [counted, read] = await db.write([
    sql`update concurrency_limit as l set ${added} where ${chosen} and ${guard} and ${room} returning id`,
    asked.statement,
  ]);
  const limits = asked.rows(read);
  // Without an active limit there were no slots to take, and the request succeeds.
  return { taken: touched(counted) || !limits.some((limit) => limit.active), limits };
}

/** Takes slots with a lease; the lease exists if and only if they were taken. */
export async function takeLeasedSlots(db: Database, names: readonly string[], lease: LeaseToTake): Promise<SlotsOutcome> {
  const taken = only(flag(leaseExists(lease.lease_id)));
  const asked = limitsInOrder(names, lease.now);
  const results = await db.write([...takeLease(lease), sql`select ${taken.columns}`, asked.statement]);
  return { taken: taken.first(results.at(-2)) === true, limits: asked.rows(lastOf(results)) };
}

/** Releases slots that are counted without a holder, down to 0; returns all limits of these names. */
export async function giveUnheldSlotsBack(
  db: Database,
  { names, slots, occupancy_seconds }: SlotDecrement,
  now: Micros,
): Promise<readonly LimitNow[]> {
  const chosen = isChosen("l", { names, active_only: true });
  const settled = counterAssignments("l", now, sql`-${slots}`);
  const average: Sql =
    occupancy_seconds === undefined
      ? sql``
      : sql`, avg_slot_occupancy_seconds = case when l."limit" = 0 then l.avg_slot_occupancy_seconds
            else l.avg_slot_occupancy_seconds + (${Math.max(occupancy_seconds / slots, shortestOccupancySeconds)} - l.avg_slot_occupancy_seconds) / (2.0 * l."limit") end`;
  const asked = limitsInOrder(names, now);
  const results = await db.write([sql`update concurrency_limit as l set ${settled}${average} where ${chosen}`, asked.statement]);
  return asked.rows(lastOf(results));
}

/** Releases all leases of a holder on limits of these names; returns all limits of these names. */
export async function giveHeldSlotsBack(
  db: Database,
  { names, holder_id, now }: { names: readonly string[]; holder_id: string; now: Micros },
): Promise<readonly LimitNow[]> {
  const asked = limitsInOrder(names, now);
  const results = await db.write([...releaseLeases({ leases: { holder_id, limits: { names } }, now }), asked.statement]);
  return asked.rows(lastOf(results));
}

// A repeated name counts once.
function limitsInOrder(names: readonly string[], now: Micros) {
  const { columns, rows } = limitsAt("l", now);
  const statement = sql`select ${columns} from (select value, min(key) as position from json_each(${stringifyJson(names)}) group by value) n
      join concurrency_limit l on l.name = n.value order by n.position`;
  return { statement, rows };
}

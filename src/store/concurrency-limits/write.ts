import type { Micros } from "../../lib/time.ts";
import type { ConcurrencyLimitV2Create, ConcurrencyLimitV2Update } from "../../schemas/concurrency-limits-v2.ts";
import type { Database, Sql } from "../client.ts";
import { limitEvent } from "../events/concurrency-limits.ts";
import type { Stamp } from "../events/write.ts";
import { lastOf, touched } from "../sql/rows.ts";
import { joined, raw, sql } from "../sql/tag.ts";
import type { ConcurrencyLimitRow } from "../tables/concurrency-limits.ts";
import { decayedDenials, decayedSlots, heldSlots } from "./occupancy.ts";
import { releaseHoldersAbove } from "./release-holders.ts";
import { isLimit, type LimitKey, limits } from "./rows.ts";

/** The row of a new limit. */
export const newLimit = (id: string, now: Micros, create: ConcurrencyLimitV2Create): ConcurrencyLimitRow => ({
  ...create,
  id,
  created: now,
  updated: now,
  avg_slot_occupancy_seconds: 2,
  slots_changed: now,
});

/** Returns the statement that stores a new limit; `suffix` is appended (`on conflict …`). */
export const insertLimit = (row: ConcurrencyLimitRow, suffix?: string): Sql => limits.insert(row, suffix);

/** Returns the statement that stores a new limit if the guard holds. */
export const insertLimitWhere = (row: ConcurrencyLimitRow, guard: Sql): Sql => limits.insertWhere(row, guard);

/** Stores a new limit; throws ConstraintViolation if its name is taken. */
export async function createLimit(
  db: Database,
  id: string,
  create: ConcurrencyLimitV2Create,
  stamp: Stamp,
): Promise<ConcurrencyLimitRow> {
  const row = newLimit(id, stamp.now, create);
  await db.write([insertLimit(row), limitEvent("created", stamp, isLimit("l", { id }))]);
  return row;
}

/**
 * Sets the sent columns of a limit; returns false if there is none. A sent number of active slots holds afterwards: the oldest
 * holders above it are released, and slots without a holder are counted. Throws ConstraintViolation for a taken name and for
 * null.
 */
export async function updateLimit(db: Database, key: LimitKey, update: ConcurrencyLimitV2Update, stamp: Stamp): Promise<boolean> {
  const condition = isLimit("l", key);
  const set = assignments(update, stamp.now);
  const results = await db.write([
    // The event comes first, with the new values: after the update the old name no longer finds the limit.
    limitEvent("updated", stamp, condition, update),
    ...(update.active_slots == null ? [] : releaseHoldersAbove(condition, update.active_slots, stamp.now)),
    sql`update concurrency_limit as l set ${set} where ${condition} returning id`,
  ]);
  return touched(lastOf(results));
}

function assignments(update: ConcurrencyLimitV2Update, now: Micros): Sql {
  const { active_slots, denied_slots, ...plain } = update;
  const parts: Sql[] = [
    sql`updated = ${now}`,
    ...Object.entries(plain).flatMap(([name, value]) => (value === undefined ? [] : [assign(plainColumns, name, value)])),
  ];
  // Decay counts from the last change of the counters: an update of other columns must not reset it.
  const changesCounters = active_slots !== undefined || denied_slots !== undefined || update.slot_decay_per_second !== undefined;
  if (changesCounters) {
    const held = heldSlots("l", now);
    parts.push(
      active_slots === undefined
        ? named("active_slots", decayedSlots("l", now))
        : sql`active_slots = max(0, ${active_slots} - ${held})`,
      denied_slots === undefined ? named("denied_slots", decayedDenials("l", now)) : sql`denied_slots = ${denied_slots}`,
      sql`slots_changed = ${now}`,
    );
  }
  return joined(parts, ", ");
}

const named = (column: string, value: Sql): Sql => sql`${raw(column)} = ${value}`;

const plainColumns: Readonly<Record<string, string>> = {
  name: "name",
  limit: '"limit"',
  active: "active",
  slot_decay_per_second: "slot_decay_per_second",
};

function assign(columns: Readonly<Record<string, string>>, name: string, value: string | number | boolean | null): Sql {
  const column = columns[name];
  if (column === undefined) throw new Error(`no such column: ${name}`);
  return sql`${raw(column)} = ${value}`;
}

/** Deletes a limit; returns false if there is none. Its leases stay, without slots of it. */
export async function deleteLimit(db: Database, key: LimitKey, stamp: Stamp): Promise<boolean> {
  const condition = isLimit("l", key);
  const results = await db.write([
    limitEvent("deleted", stamp, condition),
    sql`delete from concurrency_limit as l where ${condition} returning id`,
  ]);
  return touched(lastOf(results));
}

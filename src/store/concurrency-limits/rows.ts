import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { rowMapper } from "../sql/rows.ts";
import { mapped, number, only, type Selection, selection } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { type ConcurrencyLimitRow, concurrencyLimit } from "../tables/concurrency-limits.ts";
import { occupiedSlots } from "./occupancy.ts";

/** The rows of limits, with the stored counters. */
export const limits = rowMapper(concurrencyLimit);

/** A limit by its id or by its exact name. */
export type LimitKey = { readonly id: string } | { readonly name: string };

/** A limit at a given time: `active_slots` is the number of occupied slots, not the stored counter. */
export type LimitNow = ConcurrencyLimitRow;

/** Returns the selection of limits at a given time. */
export const limitsAt = (alias: string, now: Micros): Selection<LimitNow> =>
  only(
    mapped(
      selection({ limit: limits.cells(alias), active_slots: number(occupiedSlots(alias, now)) }),
      ({ limit, active_slots }) => ({ ...limit, active_slots }),
    ),
  );

/** Returns the condition that finds a limit under an alias. */
export const isLimit = (alias: string, key: LimitKey): Sql =>
  "id" in key ? sql`${raw(alias)}.id = ${key.id}` : sql`${raw(alias)}.name = ${key.name}`;

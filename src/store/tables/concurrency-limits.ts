import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { flag, micros } from "./columns.ts";

export const concurrencyLimit = sqliteTable("concurrency_limit", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  limit: integer("limit").notNull(),
  active: flag("active").notNull(),
  active_slots: real("active_slots").notNull(),
  denied_slots: real("denied_slots").notNull(),
  slot_decay_per_second: real("slot_decay_per_second").notNull(),
  avg_slot_occupancy_seconds: real("avg_slot_occupancy_seconds").notNull(),
  slots_changed: micros("slots_changed").notNull(),
});

export const concurrencyLease = sqliteTable("concurrency_lease", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  expires: micros("expires").notNull(),
  ttl_seconds: real("ttl_seconds").notNull(),
  holder_type: text("holder_type"),
  holder_id: text("holder_id"),
});

export const concurrencyLeaseSlot = sqliteTable("concurrency_lease_slot", {
  limit_id: text("limit_id").notNull(),
  lease_id: text("lease_id").notNull(),
  slots: integer("slots").notNull(),
  decays: flag("decays").notNull(),
});

export type ConcurrencyLimitRow = typeof concurrencyLimit.$inferSelect;
export type ConcurrencyLeaseRow = typeof concurrencyLease.$inferSelect;
export type ConcurrencyLeaseSlotRow = typeof concurrencyLeaseSlot.$inferSelect;

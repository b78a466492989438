import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { json, micros } from "./columns.ts";

/** A cleanup of a run's infrastructure, to be done by a worker. */
export const cleanupMessage = sqliteTable("cleanup_message", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  kind: text("kind").notNull(),
  work_pool_id: text("work_pool_id").notNull(),
  work_queue_id: text("work_queue_id"),
  target: json("target").notNull(),
  data: json("data").notNull(),
  delivery_count: integer("delivery_count").notNull(),
  reservation_token: text("reservation_token"),
  lease_expires: micros("lease_expires"),
  consumer_id: text("consumer_id"),
  release_reason: text("release_reason"),
  dead_reason: text("dead_reason"),
});

export type CleanupMessageRow = typeof cleanupMessage.$inferSelect;

import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { flag, json, micros } from "./columns.ts";

/** The socket of a task worker. */
export const taskWorker = sqliteTable("task_worker", {
  id: text("id").primaryKey().notNull(),
  identifier: text("identifier").notNull(),
  task_keys: json<string[]>("task_keys").notNull(),
  last_seen: micros("last_seen").notNull(),
  lost: micros("lost"),
});

/** A background task run that is queued for a task worker, or was acknowledged by one and has not ended. */
export const taskRunDelivery = sqliteTable("task_run_delivery", {
  position: integer("position").primaryKey({ autoIncrement: true }).notNull(),
  task_run_id: text("task_run_id").notNull(),
  task_key: text("task_key").notNull(),
  retry: flag("retry").notNull(),
  lease_token: text("lease_token"),
  leased_until: micros("leased_until"),
  holder: text("holder"),
  acknowledged: micros("acknowledged"),
});

export type TaskWorkerRow = typeof taskWorker.$inferSelect;

import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { flag, json, micros } from "./columns.ts";

export const workPool = sqliteTable("work_pool", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  description: text("description"),
  type: text("type").notNull(),
  base_job_template: json("base_job_template").notNull(),
  is_paused: flag("is_paused").notNull(),
  concurrency_limit: integer("concurrency_limit"),
  status: text("status").notNull(),
  default_queue_id: text("default_queue_id"),
  storage_configuration: json("storage_configuration").notNull(),
  last_status_event_id: text("last_status_event_id"),
  last_status_event_time: micros("last_status_event_time"),
});

export const workQueue = sqliteTable("work_queue", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  description: text("description").notNull(),
  is_paused: flag("is_paused").notNull(),
  concurrency_limit: integer("concurrency_limit"),
  priority: integer("priority").notNull(),
  work_pool_id: text("work_pool_id").notNull(),
  filter: json("filter"),
  last_polled: micros("last_polled"),
  status: text("status").notNull(),
});

export const worker = sqliteTable("worker", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  work_pool_id: text("work_pool_id").notNull(),
  last_heartbeat_time: micros("last_heartbeat_time").notNull(),
  heartbeat_interval_seconds: integer("heartbeat_interval_seconds"),
  status: text("status").notNull(),
});

export type WorkPoolRow = typeof workPool.$inferSelect;
export type WorkQueueRow = typeof workQueue.$inferSelect;
export type WorkerRow = typeof worker.$inferSelect;

import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { json, micros } from "./columns.ts";

export const taskRun = sqliteTable("task_run", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  flow_run_id: text("flow_run_id"),
  task_key: text("task_key").notNull(),
  dynamic_key: text("dynamic_key").notNull(),
  cache_key: text("cache_key"),
  cache_expiration: micros("cache_expiration"),
  task_version: text("task_version"),
  empirical_policy: json("empirical_policy").notNull(),
  tags: json<string[]>("tags").notNull(),
  labels: json("labels"),
  task_inputs: json("task_inputs").notNull(),
  state_id: text("state_id"),
  state_type: text("state_type"),
  state_name: text("state_name"),
  state_timestamp: micros("state_timestamp"),
  run_count: integer("run_count").notNull(),
  flow_run_run_count: integer("flow_run_run_count").notNull(),
  expected_start_time: micros("expected_start_time"),
  next_scheduled_start_time: micros("next_scheduled_start_time"),
  start_time: micros("start_time"),
  end_time: micros("end_time"),
  total_run_time: micros("total_run_time").notNull(),
});

export const taskRunTag = sqliteTable("task_run_tag", {
  tag: text("tag").notNull(),
  task_run_id: text("task_run_id").notNull(),
});

export const taskRunState = sqliteTable("task_run_state", {
  id: text("id").primaryKey().notNull(),
  task_run_id: text("task_run_id").notNull(),
  type: text("type").notNull(),
  name: text("name").notNull(),
  timestamp: micros("timestamp").notNull(),
  message: text("message"),
  data: json("data"),
  state_details: json("state_details").notNull(),
  result_artifact_id: text("result_artifact_id"),
});

export const taskRunStateCache = sqliteTable("task_run_state_cache", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  cache_key: text("cache_key").notNull(),
  cache_expiration: micros("cache_expiration"),
  task_run_state_id: text("task_run_state_id").notNull(),
});

export type TaskRunRow = typeof taskRun.$inferSelect;
export type TaskRunStateRow = typeof taskRunState.$inferSelect;
export type TaskRunStateCacheRow = typeof taskRunStateCache.$inferSelect;

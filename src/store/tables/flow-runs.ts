import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { flag, json, micros } from "./columns.ts";

export const flowRun = sqliteTable("flow_run", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  flow_id: text("flow_id").notNull(),
  deployment_id: text("deployment_id"),
  deployment_version: text("deployment_version"),
  work_queue_id: text("work_queue_id"),
  work_queue_name: text("work_queue_name"),
  flow_version: text("flow_version"),
  parameters: json("parameters").notNull(),
  idempotency_key: text("idempotency_key"),
  context: json("context").notNull(),
  empirical_policy: json("empirical_policy").notNull(),
  tags: json<string[]>("tags").notNull(),
  labels: json("labels"),
  parent_task_run_id: text("parent_task_run_id"),
  state_id: text("state_id"),
  state_type: text("state_type"),
  state_name: text("state_name"),
  state_timestamp: micros("state_timestamp"),
  run_count: integer("run_count").notNull(),
  expected_start_time: micros("expected_start_time"),
  next_scheduled_start_time: micros("next_scheduled_start_time"),
  start_time: micros("start_time"),
  end_time: micros("end_time"),
  total_run_time: micros("total_run_time").notNull(),
  auto_scheduled: flag("auto_scheduled").notNull(),
  infrastructure_document_id: text("infrastructure_document_id"),
  infrastructure_pid: text("infrastructure_pid"),
  created_by: json("created_by"),
  job_variables: json("job_variables"),
  concurrency_limit_id: text("concurrency_limit_id"),
});

export const flowRunTag = sqliteTable("flow_run_tag", {
  tag: text("tag").notNull(),
  flow_run_id: text("flow_run_id").notNull(),
});

export const flowRunState = sqliteTable("flow_run_state", {
  id: text("id").primaryKey().notNull(),
  flow_run_id: text("flow_run_id").notNull(),
  type: text("type").notNull(),
  name: text("name").notNull(),
  timestamp: micros("timestamp").notNull(),
  message: text("message"),
  data: json("data"),
  state_details: json("state_details").notNull(),
  result_artifact_id: text("result_artifact_id"),
});

export const flowRunInput = sqliteTable("flow_run_input", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  flow_run_id: text("flow_run_id").notNull(),
  key: text("key").notNull(),
  value: text("value").notNull(),
  sender: text("sender"),
});

export type FlowRunRow = typeof flowRun.$inferSelect;
export type FlowRunStateRow = typeof flowRunState.$inferSelect;
export type FlowRunInputRow = typeof flowRunInput.$inferSelect;

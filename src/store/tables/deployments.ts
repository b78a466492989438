import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { flag, json, micros } from "./columns.ts";

export const deployment = sqliteTable("deployment", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  flow_id: text("flow_id").notNull(),
  description: text("description"),
  version: text("version"),
  path: text("path"),
  entrypoint: text("entrypoint"),
  paused: flag("paused").notNull(),
  tags: json<string[]>("tags").notNull(),
  labels: json("labels"),
  parameters: json("parameters").notNull(),
  parameter_openapi_schema: json("parameter_openapi_schema"),
  enforce_parameter_schema: flag("enforce_parameter_schema").notNull(),
  job_variables: json("job_variables").notNull(),
  pull_steps: json("pull_steps"),
  concurrency_limit_id: text("concurrency_limit_id"),
  concurrency_options: json("concurrency_options"),
  work_queue_id: text("work_queue_id"),
  work_queue_name: text("work_queue_name"),
  infrastructure_document_id: text("infrastructure_document_id"),
  storage_document_id: text("storage_document_id"),
  last_polled: micros("last_polled"),
  status: text("status").notNull(),
  created_by: json("created_by"),
  updated_by: json("updated_by"),
});

export const deploymentTag = sqliteTable("deployment_tag", {
  tag: text("tag").notNull(),
  deployment_id: text("deployment_id").notNull(),
});

export const deploymentSchedule = sqliteTable("deployment_schedule", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  deployment_id: text("deployment_id").notNull(),
  schedule: json("schedule").notNull(),
  active: flag("active").notNull(),
  max_scheduled_runs: integer("max_scheduled_runs"),
  parameters: json("parameters").notNull(),
  slug: text("slug"),
  due: micros("due"),
});

export type DeploymentRow = typeof deployment.$inferSelect;
export type DeploymentScheduleRow = typeof deploymentSchedule.$inferSelect;

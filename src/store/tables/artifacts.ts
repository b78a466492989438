import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { json, micros } from "./columns.ts";

export const artifact = sqliteTable("artifact", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  key: text("key"),
  type: text("type"),
  data: json("data"),
  description: text("description"),
  metadata_: json("metadata_"),
  flow_run_id: text("flow_run_id"),
  task_run_id: text("task_run_id"),
});

export type ArtifactRow = typeof artifact.$inferSelect;

export const artifactCollection = sqliteTable("artifact_collection", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  key: text("key").notNull(),
  latest_id: text("latest_id").notNull(),
  type: text("type"),
  data: json("data"),
  description: text("description"),
  metadata_: json("metadata_"),
  flow_run_id: text("flow_run_id"),
  task_run_id: text("task_run_id"),
});

export type ArtifactCollectionRow = typeof artifactCollection.$inferSelect;

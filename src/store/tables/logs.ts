import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { micros } from "./columns.ts";

export const log = sqliteTable("log", {
  position: integer("position").primaryKey({ autoIncrement: true }).notNull(),
  id: text("id").notNull(),
  created: micros("created").notNull(),
  name: text("name").notNull(),
  level: integer("level").notNull(),
  message: text("message").notNull(),
  timestamp: micros("timestamp").notNull(),
  flow_run_id: text("flow_run_id"),
  task_run_id: text("task_run_id"),
});

export type LogRow = typeof log.$inferSelect;

import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { json, micros } from "./columns.ts";

export const flow = sqliteTable("flow", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  tags: json<string[]>("tags").notNull(),
  labels: json("labels"),
});

export const flowTag = sqliteTable("flow_tag", {
  tag: text("tag").notNull(),
  flow_id: text("flow_id").notNull(),
});

export type FlowRow = typeof flow.$inferSelect;

import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { JsonObject } from "../../lib/json.ts";
import { json, micros } from "./columns.ts";

export const event = sqliteTable("event", {
  position: integer("position").primaryKey({ autoIncrement: true }).notNull(),
  id: text("id").notNull(),
  occurred: micros("occurred").notNull(),
  received: micros("received").notNull(),
  event: text("event").notNull(),
  resource_id: text("resource_id").notNull(),
  resource: json<Record<string, string>>("resource").notNull(),
  related: json<Record<string, string>[]>("related").notNull(),
  payload: json<JsonObject>("payload").notNull(),
  follows: text("follows"),
});

export const eventRelated = sqliteTable("event_related", {
  resource_id: text("resource_id").notNull(),
  occurred: micros("occurred").notNull(),
  position: integer("position").notNull(),
  role: text("role").notNull(),
});

export const taskRunEventBacklog = sqliteTable("task_run_event_backlog", {
  event_id: text("event_id").primaryKey().notNull(),
  flow_run_id: text("flow_run_id").notNull(),
  added: micros("added").notNull(),
});

export type EventRow = typeof event.$inferSelect;
export type EventRelatedRow = typeof eventRelated.$inferSelect;

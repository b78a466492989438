import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { json, micros } from "./columns.ts";

export const event = sqliteTable("event", {
  id: text("id").primaryKey().notNull(),
  occurred: micros("occurred").notNull(),
  received: micros("received").notNull(),
  event: text("event").notNull(),
  resource_id: text("resource_id").notNull(),
  resource: json("resource").notNull(),
  related: json("related").notNull(),
  payload: json("payload").notNull(),
  follows: text("follows"),
});

export const eventRelated = sqliteTable("event_related", {
  event_id: text("event_id").notNull(),
  position: integer("position").notNull(),
  resource_id: text("resource_id").notNull(),
  role: text("role").notNull(),
  occurred: micros("occurred").notNull(),
  labels: json("labels").notNull(),
});

export type EventRow = typeof event.$inferSelect;
export type EventRelatedRow = typeof eventRelated.$inferSelect;

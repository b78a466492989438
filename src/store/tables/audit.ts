import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { micros } from "./columns.ts";

export const audit = sqliteTable("audit", {
  position: integer("position").primaryKey().notNull(),
  id: text("id").notNull(),
  occurred: micros("occurred").notNull(),
  principal_type: text("principal_type").notNull(),
  principal_id: text("principal_id"),
  principal: text("principal").notNull(),
  role: text("role"),
  operation: text("operation").notNull(),
  object_kind: text("object_kind").notNull(),
  object_id: text("object_id"),
  object_name: text("object_name"),
  object_count: integer("object_count"),
  request_id: text("request_id"),
  mark: text("mark").notNull(),
});

export type AuditRow = typeof audit.$inferSelect;

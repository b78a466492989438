import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { json, micros } from "./columns.ts";

export const variable = sqliteTable("variable", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  value: json("value"),
  tags: json<string[]>("tags").notNull(),
});

export const variableTag = sqliteTable("variable_tag", {
  tag: text("tag").notNull(),
  variable_id: text("variable_id").notNull(),
});

export type VariableRow = typeof variable.$inferSelect;

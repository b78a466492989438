import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { json, micros } from "./columns.ts";

export const configuration = sqliteTable("configuration", {
  key: text("key").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  value: json("value").notNull(),
});

export type ConfigurationRow = typeof configuration.$inferSelect;

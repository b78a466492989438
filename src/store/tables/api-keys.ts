import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Creator } from "../../domain/principal.ts";
import { json, micros } from "./columns.ts";

export const apiKey = sqliteTable("api_key", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  name: text("name").notNull(),
  role: text("role").notNull(),
  hash: text("hash").notNull(),
  prefix: text("prefix").notNull(),
  expires: micros("expires"),
  last_used: micros("last_used"),
  created_by: json<Creator>("created_by"),
  revoked: micros("revoked"),
});

export type ApiKeyRow = typeof apiKey.$inferSelect;

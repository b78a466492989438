import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { SavedSearchFilter } from "../../schemas/saved-searches.ts";
import { json, micros } from "./columns.ts";

export const savedSearch = sqliteTable("saved_search", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  filters: json<SavedSearchFilter[]>("filters").notNull(),
});

export type SavedSearchRow = typeof savedSearch.$inferSelect;

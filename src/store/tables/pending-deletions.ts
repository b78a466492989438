import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { micros } from "./columns.ts";

/** A deletion that takes several transactions and is not complete. */
export const pendingDeletion = sqliteTable("pending_deletion", {
  kind: text("kind").notNull(),
  id: text("id").notNull(),
  created: micros("created").notNull(),
});

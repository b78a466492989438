import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { flag, json, micros } from "./columns.ts";

export const flowRunNotificationPolicy = sqliteTable("flow_run_notification_policy", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  is_active: flag("is_active").notNull(),
  state_names: json<string[]>("state_names").notNull(),
  tags: json<string[]>("tags").notNull(),
  block_document_id: text("block_document_id").notNull(),
  message_template: text("message_template"),
});

export type FlowRunNotificationPolicyRow = typeof flowRunNotificationPolicy.$inferSelect;

export const flowRunNotification = sqliteTable(
  "flow_run_notification",
  {
    policy_id: text("policy_id").notNull(),
    flow_run_state_id: text("flow_run_state_id").notNull(),
    due: micros("due").notNull(),
    attempts: integer("attempts").notNull(),
    sent: integer("sent").notNull(),
  },
  (table) => [primaryKey({ columns: [table.policy_id, table.flow_run_state_id] })],
);

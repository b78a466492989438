import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Firing } from "../../domain/automations/firing.ts";
import type { Action } from "../../schemas/automations/actions.ts";
import type { Automation } from "../../schemas/automations/automations.ts";
import type { Trigger } from "../../schemas/automations/triggers.ts";
import { flag, json, micros } from "./columns.ts";

export const automation = sqliteTable("automation", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  description: text("description").notNull(),
  enabled: flag("enabled").notNull(),
  tags: json<string[]>("tags").notNull(),
  trigger: json<Trigger>("trigger").notNull(),
  actions: json<Action[]>("actions").notNull(),
  actions_on_trigger: json<Action[]>("actions_on_trigger").notNull(),
  actions_on_resolve: json<Action[]>("actions_on_resolve").notNull(),
});

export type AutomationRow = typeof automation.$inferSelect;

export const automationTag = sqliteTable(
  "automation_tag",
  { tag: text("tag").notNull(), automation_id: text("automation_id").notNull() },
  (table) => [primaryKey({ columns: [table.tag, table.automation_id] })],
);

export const automationRelatedResource = sqliteTable(
  "automation_related_resource",
  {
    automation_id: text("automation_id").notNull(),
    resource_id: text("resource_id").notNull(),
    owned: flag("owned").notNull(),
  },
  (table) => [primaryKey({ columns: [table.resource_id, table.automation_id] })],
);

export const automationFiring = sqliteTable("automation_firing", {
  id: text("id").primaryKey().notNull(),
  automation_id: text("automation_id").notNull(),
  triggered: micros("triggered").notNull(),
  automation: json<Automation>("automation").notNull(),
  firing: json<Firing>("firing").notNull(),
  triggered_event_id: text("triggered_event_id").notNull(),
});

export const automationAction = sqliteTable("automation_action", {
  invocation: text("invocation").primaryKey().notNull(),
  firing_id: text("firing_id").notNull(),
  action_index: integer("action_index").notNull(),
  on_trigger: flag("on_trigger").notNull(),
  action: json<Action>("action").notNull(),
  due: micros("due"),
  attempts: integer("attempts").notNull(),
  reason: text("reason"),
  automation_id: text("automation_id").notNull(),
  sent: integer("sent").notNull(),
});

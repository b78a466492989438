import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Firing, SeenEvent } from "../../domain/automations/firing.ts";
import type { Held } from "../../domain/automations/memory.ts";
import { flag, json, micros } from "./columns.ts";

export const automationCursor = sqliteTable("automation_cursor", {
  id: integer("id").primaryKey().notNull(),
  position: integer("position").notNull(),
  automation_id: text("automation_id").notNull(),
  version: integer("version").notNull(),
  time: micros("time"),
  updated: micros("updated"),
});

export const automationTrigger = sqliteTable("automation_trigger", {
  id: text("id").primaryKey().notNull(),
  automation_id: text("automation_id").notNull(),
  since: integer("since"),
  due: micros("due"),
});

export const automationTriggerName = sqliteTable(
  "automation_trigger_name",
  {
    wild: flag("wild").notNull(),
    name: text("name").notNull(),
    resource_id: text("resource_id").notNull(),
    automation_id: text("automation_id").notNull(),
    trigger_id: text("trigger_id").notNull(),
  },
  (table) => [primaryKey({ columns: [table.wild, table.name, table.resource_id, table.automation_id, table.trigger_id] })],
);

export const automationBucket = sqliteTable(
  "automation_bucket",
  {
    trigger_id: text("trigger_id").notNull(),
    key: text("key").notNull(),
    start: micros("start").notNull(),
    end: micros("end").notNull(),
    count: integer("count").notNull(),
    satisfied: flag("satisfied").notNull(),
    last: json<SeenEvent>("last"),
  },
  (table) => [primaryKey({ columns: [table.trigger_id, table.key] })],
);

export const automationHeld = sqliteTable(
  "automation_held",
  {
    trigger_id: text("trigger_id").notNull(),
    key: text("key").notNull(),
    held: json<Held>("held").notNull(),
    until: micros("until").notNull(),
  },
  (table) => [primaryKey({ columns: [table.trigger_id, table.key] })],
);

export const automationCollected = sqliteTable("automation_collected", {
  trigger_id: text("trigger_id").primaryKey().notNull(),
  firings: json<readonly Firing[]>("firings").notNull(),
});

export const automationWaiting = sqliteTable("automation_waiting", {
  event_id: text("event_id").primaryKey().notNull(),
  position: integer("position").notNull(),
  leader: text("leader").notNull(),
  received: micros("received").notNull(),
});

import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { JsonObject } from "../../lib/json.ts";
import { flag, json, micros } from "./columns.ts";

export const blockType = sqliteTable("block_type", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  slug: text("slug").notNull(),
  logo_url: text("logo_url"),
  documentation_url: text("documentation_url"),
  description: text("description"),
  code_example: text("code_example"),
  is_protected: flag("is_protected").notNull(),
});

export const blockSchema = sqliteTable("block_schema", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  checksum: text("checksum").notNull(),
  fields: json<JsonObject>("fields").notNull(),
  capabilities: json<string[]>("capabilities").notNull(),
  version: text("version").notNull(),
  block_type_id: text("block_type_id").notNull(),
});

export const blockSchemaReference = sqliteTable("block_schema_reference", {
  parent_id: text("parent_id").notNull(),
  name: text("name").notNull(),
  child_id: text("child_id").notNull(),
});

export const blockDocument = sqliteTable("block_document", {
  id: text("id").primaryKey().notNull(),
  created: micros("created").notNull(),
  updated: micros("updated").notNull(),
  name: text("name").notNull(),
  data: json<JsonObject>("data").notNull(),
  secrets: text("secrets"),
  block_schema_id: text("block_schema_id").notNull(),
  block_type_id: text("block_type_id").notNull(),
  is_anonymous: flag("is_anonymous").notNull(),
});

export const blockDocumentReference = sqliteTable("block_document_reference", {
  parent_id: text("parent_id").notNull(),
  name: text("name").notNull(),
  child_id: text("child_id").notNull(),
});

export type BlockTypeRow = typeof blockType.$inferSelect;
export type BlockSchemaRow = typeof blockSchema.$inferSelect;
export type BlockDocumentRow = typeof blockDocument.$inferSelect;

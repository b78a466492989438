import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { flag, json } from "./columns.ts";

// Filled by migrations; `position` is the order of definitions.

export const systemBlockType = sqliteTable("system_block_type", {
  position: integer("position").primaryKey().notNull(),
  slug: text("slug").notNull(),
  name: text("name").notNull(),
  logo_url: text("logo_url"),
  documentation_url: text("documentation_url"),
  description: text("description").notNull(),
  module: text("module").notNull(),
  class: text("class").notNull(),
  is_protected: flag("is_protected").notNull(),
});

export const systemBlockSchema = sqliteTable("system_block_schema", {
  position: integer("position").primaryKey().notNull(),
  slug: text("slug").notNull(),
  checksum: text("checksum").notNull(),
  version: text("version").notNull(),
  capabilities: json<string[]>("capabilities").notNull(),
  fields: json("fields").notNull(),
});

export const systemBlockSchemaReference = sqliteTable(
  "system_block_schema_reference",
  { parent: integer("parent").notNull(), name: text("name").notNull(), child: integer("child").notNull() },
  (table) => [primaryKey({ columns: [table.parent, table.name, table.child] })],
);

export const collectionView = sqliteTable("collection_view", {
  name: text("name").primaryKey().notNull(),
  content: json("content").notNull(),
});

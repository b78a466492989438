import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client/http";
import { getTableColumns, getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { beforeAll, describe, expect, it } from "vitest";
import { freshDatabase } from "../support/database.ts";

const folder = join(import.meta.dirname, "../../src/store/tables");
const modules: Record<string, unknown>[] = await Promise.all(readdirSync(folder).map((file) => import(join(folder, file))));
const tables = modules
  .flatMap((module) => Object.values(module))
  .filter((value): value is SQLiteTable => is(value, SQLiteTable))
  .map((table) => [getTableName(table), table] as const);

/** Tables that hold no rows of the API's objects: only statements know them. */
const withoutDefinition = [
  "collection_view",
  "flow_run_notification",
  "schema_migration",
  "system_block_schema",
  "system_block_schema_reference",
  "system_block_type",
];

interface Column {
  readonly type: string;
  readonly nullable: boolean;
}

let stored: Map<string, Record<string, Column>>;
beforeAll(async () => {
  const client = createClient(await freshDatabase());
  // Without generated columns (hidden 2 and 3), which no row is written with.
  const { rows } = await client.execute(
    `select t.name as name, c.name as column, lower(c.type) as type, c."notnull" = 0 and c.pk = 0 as nullable
      from sqlite_schema t join pragma_table_xinfo(t.name) c where t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\'
      and t.sql not like 'create virtual%' and c.hidden in (0, 1) order by t.name, c.cid`,
  );
  const byTable = Map.groupBy(rows, (row) => String(row.name));
  const columns = (list: typeof rows): Record<string, Column> =>
    Object.fromEntries(list.map((row) => [String(row.column), { type: String(row.type), nullable: row.nullable === 1 }]));
  stored = new Map([...byTable].map(([name, list]) => [name, columns(list)]));
});

describe("the migrations, applied to an empty database", () => {
  it.each(tables)("give %s the columns of its definition", (name, table) => {
    const defined = Object.values(getTableColumns(table)).map(
      (column) => [column.name, { type: column.getSQLType(), nullable: !column.notNull && !column.primary }] as const,
    );
    expect(stored.get(name)).toEqual(Object.fromEntries(defined));
  });

  it("give no table that is not defined", () => {
    const names = new Set(tables.map(([name]) => name));
    expect([...stored.keys()].filter((name) => !names.has(name)).sort()).toEqual(withoutDefinition);
  });
});

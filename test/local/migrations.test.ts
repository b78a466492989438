import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client/http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyMigrations, completeSchema, type Migration, readMigrations, splitStatements } from "../../src/local/migrations.ts";
import { emptyDatabase, freshDatabase } from "../support/database.ts";

const first: Migration = {
  version: 1,
  name: "0001_initial",
  statements: ["CREATE TABLE a (id TEXT)", "CREATE TABLE b (id TEXT)"],
};
const second: Migration = { version: 2, name: "0002_more", statements: ["CREATE TABLE c (id TEXT)"] };

async function emptyClient() {
  return createClient(await emptyDatabase());
}

async function tables(client: Awaited<ReturnType<typeof emptyClient>>): Promise<string[]> {
  const { rows } = await client.execute(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'schema_migration' ORDER BY name",
  );
  return rows.map((row) => String(row.name));
}

describe("splitStatements", () => {
  it("ends a statement at a line that ends with a semicolon and leaves comments out", () => {
    const sql =
      "-- why; not;\nCREATE TABLE a (\n  id TEXT DEFAULT ';x',\n  -- inside;\n  n INTEGER\n);\n\nCREATE INDEX i ON a (id);  \n";
    expect(splitStatements(sql)).toEqual([
      "CREATE TABLE a (\n  id TEXT DEFAULT ';x',\n  n INTEGER\n)",
      "CREATE INDEX i ON a (id)",
    ]);
  });

  it("refuses a file that ends in the middle of a statement", () => {
    expect(() => splitStatements("CREATE TABLE a (id TEXT);\nCREATE TABLE b (")).toThrow(/middle of a statement: CREATE TABLE b/);
  });
});

describe("readMigrations", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "milliways-migrations-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("returns the numbered files in order", () => {
    writeFileSync(join(folder, "0002_more.sql"), "CREATE TABLE c (id TEXT);\n");
    writeFileSync(join(folder, "0001_initial.sql"), "CREATE TABLE a (id TEXT);\nCREATE TABLE b (id TEXT);\n");
    expect(readMigrations(folder)).toEqual([first, second]);
  });

  it.each(["0002_gap.sql", "1_short.sql", "0001-dash.sql"])("refuses %s as the first file", (name) => {
    writeFileSync(join(folder, name), "SELECT 1;\n");
    expect(() => readMigrations(folder)).toThrow(/should be number 0001_name\.sql/);
  });
});

describe("applyMigrations", () => {
  it("applies only what is missing, and nothing the second time", async () => {
    const client = await emptyClient();
    expect(await applyMigrations(client, [first])).toEqual([first]);
    expect(await applyMigrations(client, [first, second])).toEqual([second]);
    expect(await applyMigrations(client, [first, second])).toEqual([]);
    expect(await tables(client)).toEqual(["a", "b", "c"]);
    const journal = await client.execute(
      "SELECT version, name, applied > 1700000000000000 AS recent FROM schema_migration ORDER BY version",
    );
    expect(journal.rows.map((row) => ({ ...row }))).toEqual([
      { version: 1, name: "0001_initial", recent: 1 },
      { version: 2, name: "0002_more", recent: 1 },
    ]);
  });

  it("leaves nothing behind when a statement fails", async () => {
    const client = await emptyClient();
    const broken = { ...second, statements: ["CREATE TABLE c (id TEXT)", "CREATE TABLE a (id TEXT)"] };
    await expect(applyMigrations(client, [first, broken])).rejects.toThrow(/already exists/);
    expect(await tables(client)).toEqual([]);
  });

  it("applies each migration once when several start at the same time", async () => {
    const database = await emptyDatabase();
    const applied = await Promise.all([1, 2, 3, 4].map(() => applyMigrations(createClient(database), [first, second])));
    expect(applied.flat().map((migration) => migration.version)).toEqual([1, 2]);
  });

  it("refuses a database that is newer than the code", async () => {
    const client = await emptyClient();
    await applyMigrations(client, [first, second]);
    await expect(applyMigrations(client, [first])).rejects.toThrow(/newer than this code: it has migration 0002_more/);
  });

  it("refuses a database with another history", async () => {
    const client = await emptyClient();
    await applyMigrations(client, [{ ...first, name: "0001_other" }]);
    await expect(applyMigrations(client, [first, second])).rejects.toThrow(/belongs to another history/);
    expect(await tables(client)).toEqual(["a", "b"]);
  });
});

describe("freshDatabase", () => {
  it("has all migrations applied, so that nothing is missing", async () => {
    const client = createClient(await freshDatabase());
    expect(await applyMigrations(client)).toEqual([]);
    const { rows } = await client.execute("SELECT count(*) AS n FROM schema_migration");
    expect(rows[0]?.n).toBe(readMigrations().length);
  });

  it("shares nothing with another database of the same run", async () => {
    const [one, other] = await Promise.all([emptyClient(), emptyClient()]);
    await one.batch(completeSchema(0, [first]), "write");
    expect(await tables(one)).toEqual(["a", "b"]);
    expect(await tables(other)).toEqual([]);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client, InStatement } from "@libsql/client/http";
import { LocalError } from "./errors.ts";

/** One numbered file of `migrations/`: its version is the number, its name the file's name. */
export type Migration = { version: number; name: string; statements: string[] };

const FOLDER = join(import.meta.dirname, "../../migrations");
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

const JOURNAL =
  "CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL) STRICT";

/**
 * Returns the statements of a migration file. A statement ends with a line that ends in `;`, and a line that starts with `--` is a
 * comment. So the last statement in the body of a trigger stands on the line of its END, and no text literal has such a line inside.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let lines: string[] = [];
  for (const line of sql.split("\n")) {
    const text = line.trimEnd();
    if (text === "" || text.trimStart().startsWith("--")) continue;
    if (text.endsWith(";")) {
      statements.push([...lines, text.slice(0, -1)].join("\n"));
      lines = [];
    } else {
      lines.push(text);
    }
  }
  if (lines.length > 0) throw new LocalError(`A migration ends in the middle of a statement: ${lines.join(" ").slice(0, 80)}`);
  return statements;
}

/** Returns the migrations of a folder in order; throws when a name is malformed or the numbers do not run 1, 2, 3, … */
export function readMigrations(folder: string = FOLDER): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  return files.map((file, index) => {
    const version = Number(FILE_NAME.exec(file)?.[1]);
    if (version !== index + 1) {
      throw new LocalError(`migrations/${file} should be number ${String(index + 1).padStart(4, "0")}_name.sql.`);
    }
    return {
      version,
      name: file.slice(0, -".sql".length),
      statements: splitStatements(readFileSync(`${folder}/${file}`, "utf8")),
    };
  });
}

/** Returns the schema of an empty database as one batch, so that a test can create a database with one request. */
export function completeSchema(now: number, migrations: Migration[] = readMigrations()): InStatement[] {
  return [JOURNAL, ...migrations.flatMap((migration) => [journalEntry(migration, now), ...migration.statements])];
}

/**
 * Applies missing migrations in one atomic batch, and returns them (none when the database is up to date). Throws LocalError when
 * the database is newer than this code or has another history.
 */
export async function applyMigrations(client: Client, migrations: Migration[] = readMigrations()): Promise<Migration[]> {
  const missing = await findMissing(client, migrations);
  if (missing.length === 0) return [];
  const now = Date.now() * 1000;
  try {
    await client.batch(
      missing.flatMap((migration) => [journalEntry(migration, now), ...migration.statements]),
      "write",
    );
  } catch (error) {
    // Another process may have applied them between the two requests: then the journal's primary key refused this batch, and none
    // is missing.
    if ((await findMissing(client, migrations)).length > 0) throw error;
    return [];
  }
  return missing;
}

// The journal entry is first in its batch: a concurrent migrator fails at once and changes nothing.
function journalEntry(migration: Migration, now: number): InStatement {
  return {
    sql: "INSERT INTO schema_migration (version, name, applied) VALUES (?, ?, ?)",
    args: [migration.version, migration.name, now],
  };
}

async function findMissing(client: Client, migrations: Migration[]): Promise<Migration[]> {
  const [, journal] = await client.batch([JOURNAL, "SELECT version, name FROM schema_migration ORDER BY version"], "write");
  const applied = new Map(journal?.rows.map((row) => [Number(row.version), String(row.name)]));
  for (const [version, name] of applied) {
    const known = migrations[version - 1];
    if (!known) {
      throw new LocalError(
        `The database is newer than this code: it has migration ${name}, the code knows ${migrations.length}; update the code.`,
      );
    }
    if (known.name !== name) {
      throw new LocalError(
        `The database has migration ${name} where this code has ${known.name}: it belongs to another history.`,
      );
    }
  }
  return migrations.filter((migration) => !applied.has(migration.version));
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@libsql/client/http";
import { openDataFolder } from "./data-folder.ts";
import { databaseClient, withoutCredentials } from "./database-client.ts";
import { runCommand } from "./errors.ts";
import { startLibsqlServer } from "./libsql-server.ts";
import { applyMigrations } from "./migrations.ts";
import { freePorts } from "./processes.ts";
import { step } from "./progress.ts";
import { readSettings } from "./settings.ts";

/** Applies missing migrations to the database of TURSO_DATABASE_URL, or to the embedded one. */
await runCommand(async () => {
  const url = process.env.TURSO_DATABASE_URL;
  if (url) await migrate(databaseClient(url, process.env.TURSO_AUTH_TOKEN), withoutCredentials(url));
  else await migrateEmbedded();
});

async function migrateEmbedded(): Promise<void> {
  const folder = await openDataFolder(readSettings(process.env).dataDir);
  const [port = 0] = await freePorts(1);
  mkdirSync(folder.path, { recursive: true });
  const server = await startLibsqlServer({
    folder: join(folder.path, "database"),
    port,
    logFile: join(folder.path, "libsql-server.log"),
    onSpawn: (pid) => folder.note("libsql-server", pid),
  });
  try {
    await migrate(databaseClient(server.url), folder.path);
  } finally {
    await server.stop();
    folder.release();
  }
}

async function migrate(client: Client, name: string): Promise<void> {
  const applied = await step("Applying migrations", () => applyMigrations(client));
  client.close();
  for (const migration of applied) console.log(`applied ${migration.name}`);
  console.log(applied.length === 0 ? `${name} is up to date.` : `${name}: ${applied.length} applied, now up to date.`);
}

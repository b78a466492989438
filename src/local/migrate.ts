import type { Client } from "@libsql/client/http";
import { databaseClient, withoutCredentials } from "./database-client.ts";
import { withEmbeddedDatabase } from "./embedded-database.ts";
import { addKey, keepFirstKey } from "./encryption-key.ts";
import { LocalError, runCommand } from "./errors.ts";
import { rotateKey } from "./key-rotation.ts";
import { applyMigrations } from "./migrations.ts";
import { step } from "./progress.ts";
import { readSettings } from "./settings.ts";

const rotates = process.argv.includes("--rotate-key");

/** Applies missing migrations to the database of TURSO_DATABASE_URL, or to the embedded one; with `--rotate-key` it then encrypts secrets under a new key. */
await runCommand(async () => {
  const url = process.env.TURSO_DATABASE_URL;
  if (url) await migrateRemote(url);
  else await migrateEmbedded();
});

async function migrateRemote(url: string): Promise<void> {
  const encryptionKey = rotates ? readSettings(process.env).encryptionKey : undefined;
  if (rotates && encryptionKey === undefined)
    throw new LocalError("Set MILLIWAYS_ENCRYPTION_KEY to the new key and the old ones, comma-separated.");
  const client = databaseClient(url, process.env.TURSO_AUTH_TOKEN);
  await migrate(client, withoutCredentials(url));
  if (rotates) await rotate(client, encryptionKey ?? "");
  client.close();
}

function migrateEmbedded(): Promise<void> {
  return withEmbeddedDatabase(readSettings(process.env).dataDir, async (url, path) => {
    const client = databaseClient(url);
    await migrate(client, path);
    if (rotates) await rotateEmbedded(client, path);
    client.close();
  });
}

async function migrate(client: Client, name: string): Promise<void> {
  const applied = await step("Applying migrations", () => applyMigrations(client));
  for (const migration of applied) console.log(`applied ${migration.name}`);
  console.log(applied.length === 0 ? `${name} is up to date.` : `${name}: ${applied.length} applied, now up to date.`);
}

async function rotateEmbedded(client: Client, path: string): Promise<void> {
  const { encryptionKey } = readSettings(process.env);
  await rotate(client, encryptionKey ?? addKey(path));
  if (encryptionKey === undefined) keepFirstKey(path);
}

async function rotate(client: Client, keys: string): Promise<void> {
  const list = keys.split(",").map((key) => key.trim());
  const rows = await step("Encrypting under the new key", () => rotateKey(client, list));
  console.log(`${rows} secrets were encrypted under the first key.`);
}

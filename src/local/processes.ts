import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalError } from "./errors.ts";

export type ChildOptions = {
  /** How the child is called in a sentence. */
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  logFile: string;
  ready: () => Promise<boolean>;
};

export type Child = {
  pid: number;
  /** Resolves when the process is gone, with how it ended. */
  exited: Promise<string>;
  /** Asks the process to end, makes it end after five seconds, and resolves when it is gone. */
  stop: () => Promise<void>;
};

const READY_SECONDS = 20;

/** Starts a process whose output goes to a file, and returns when `ready` says so; throws LocalError with its last words when it dies before. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = openSync(options.logFile, "a");
  const child = spawn(options.command, options.args, { stdio: ["ignore", log, log], env: options.env });
  closeSync(log);
  let ending: string | undefined;
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `exit status ${code}`));
  }).then((reason) => {
    ending = reason;
    return reason;
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await exited;
    clearTimeout(force);
  };
  const deadline = Date.now() + READY_SECONDS * 1000;
  while (!(await options.ready().catch(() => false))) {
    if (ending !== undefined) throw new LocalError(`${options.name} ended with ${ending}. ${lastWords(options.logFile)}`);
    if (Date.now() > deadline) {
      await stop();
      throw new LocalError(`${options.name} did not answer within ${READY_SECONDS} seconds. ${lastWords(options.logFile)}`);
    }
    await sleep(15);
  }
  if (ending !== undefined) throw new LocalError(`${options.name} ended with ${ending}. ${lastWords(options.logFile)}`);
  return { pid: child.pid ?? 0, exited, stop };
}

function lastWords(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-5).join("\n");
}

/** Returns different ports on the loopback address that nobody listens on at this moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === "object" && address ? address.port : 0;
    }),
  );
}

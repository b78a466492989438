import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalError } from "./errors.ts";

export type ChildOptions = {
  /** The child's name in messages. */
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  /** The file for its output; without one it shares this process's. */
  logFile?: string;
  ready: () => Promise<boolean>;
  /** Called when the process has started, before it is ready. */
  onSpawn?: (pid: number) => void;
  /** The time for a graceful shutdown, before the process is killed. */
  graceMs?: number;
};

export type Child = {
  pid: number;
  /** Resolves when the process has ended, with its exit status or signal in words. */
  exited: Promise<string>;
  /** Sends SIGTERM, kills the process after its grace period, and resolves when it has ended. */
  stop: () => Promise<void>;
};

const READY_SECONDS = 20;
const GRACE_MS = 5_000;

/**
 * Starts a process and resolves when `ready` does; throws LocalError, with the last lines of its log, when it ends before that.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, "a");
  const child = spawn(options.command, options.args, { stdio: ["ignore", log ?? "inherit", log ?? "inherit"], env: options.env });
  if (log !== undefined) closeSync(log);
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
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
    const force = setTimeout(() => child.kill("SIGKILL"), options.graceMs ?? GRACE_MS);
    await exited;
    clearTimeout(force);
  };
  const deadline = Date.now() + READY_SECONDS * 1000;
  for (;;) {
    const ready = await options.ready().catch(() => false);
    if (ending !== undefined) throw new LocalError(`${options.name} ended with ${ending}. ${lastWords(options.logFile)}`.trim());
    if (ready) return { pid: child.pid ?? 0, exited, stop };
    if (Date.now() > deadline) {
      await stop();
      throw new LocalError(
        `${options.name} did not answer within ${READY_SECONDS} seconds. ${lastWords(options.logFile)}`.trim(),
      );
    }
    await sleep(15);
  }
}

function lastWords(file: string | undefined): string {
  return file === undefined ? "" : readFileSync(file, "utf8").trim().split("\n").slice(-5).join("\n");
}

/** Returns whether a process is running and has a text in its command line. */
export function runsWith(pid: number, text: string): boolean {
  if (process.platform !== "linux") {
    return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout?.includes(text) ?? false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
  } catch {
    return false;
  }
}

/** Ends a process that is not our child: first SIGTERM, later SIGKILL; resolves when it has ended. */
export async function endProcess(pid: number): Promise<void> {
  for (let round = 0; isAlive(pid); round++) {
    // SIGTERM in round 0, SIGKILL from round 40 (two seconds) on, failure in round 140.
    if (round === 140) throw new LocalError(`Process ${pid} of an earlier start does not end: end it by hand.`);
    if (round === 0) process.kill(pid, "SIGTERM");
    if (round === 40) process.kill(pid, "SIGKILL");
    await sleep(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended; its parent has not read its status yet.
    return process.platform !== "linux" || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Returns distinct unused ports on the loopback address. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0, "127.0.0.1")));
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === "object" && address ? address.port : 0;
    }),
  );
}

/** Throws LocalError when this process cannot listen on a host and port. */
export async function requirePort(port: number, host: string): Promise<void> {
  try {
    const server = await listen(port, host);
    await new Promise((resolve) => server.close(resolve));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE")
      throw new LocalError(`Port ${port} on ${host} is taken: end what listens there, or set PORT to another.`);
    throw new LocalError(
      `Milliways cannot listen on ${host}, port ${port} (${code ?? error}): set HOST and PORT to an address of this machine.`,
    );
  }
}

async function listen(port: number, host: string) {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  return server;
}

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { freePorts } from "../../src/local/processes.ts";

const root = join(import.meta.dirname, "../..");
const readyMs = 120_000;
const note = z.object({ children: z.record(z.string(), z.number()) });

/** A server that `npm start` runs, with its processes in view. */
export interface WatchedServer {
  readonly apiUrl: string;
  readonly port: number;
  /** The ids of the Worker's and the database's processes by name. */
  readonly processes: () => Record<string, number>;
  /** The megabytes that each of them holds in memory. */
  readonly megabytes: () => Record<string, number>;
  /** The lines that the server wrote. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts `npm start` on a folder, which stays when it ends. */
export async function startWatched(folder: string, settings: Record<string, string> = {}): Promise<WatchedServer> {
  const [port = 0] = await freePorts(1);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("MILLIWAYS_") && name !== "HOST");
  const data = join(folder, "data");
  const env = { ...Object.fromEntries(inherited), PORT: String(port), MILLIWAYS_DATA_DIR: data, ...settings };
  const child = spawn("npm", ["start"], { cwd: root, stdio: ["ignore", "pipe", "pipe"], env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const deadline = Date.now() + readyMs;
  while (!output.includes("Milliways is ready")) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`npm start is not ready:\n${output}`);
    }
    await sleep(50);
  }
  const processes = () => note.parse(JSON.parse(readFileSync(join(data, "processes.json"), "utf8"))).children;
  return {
    apiUrl: `http://127.0.0.1:${port}/api`,
    port,
    processes,
    megabytes: () => Object.fromEntries(Object.entries(processes()).map(([name, pid]) => [name, residentMegabytes(pid)])),
    output: () => output,
    stop: async () => {
      child.kill("SIGTERM");
      await Promise.race([exited, sleep(15_000)]);
      child.kill("SIGKILL");
    },
  };
}

const residentMegabytes = (pid: number): number =>
  Math.round(Number(spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).stdout) / 1024);

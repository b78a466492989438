import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../../src/local/processes.ts";

export type Server = {
  apiUrl: string;
  /** The data folder; empty for a server that was there before. */
  folder: string;
  stop: () => Promise<void>;
  /** Kills all its processes at once; its data stay. */
  kill: () => Promise<void>;
};

const ROOT = join(import.meta.dirname, "../../..");
const READY_MS = 300_000;

/** Starts a server as a newcomer does, on a free port and an empty database, with these settings on top of the defaults; or again where one was
 * killed. */
export async function startServer(settings: Record<string, string>, killed: Server | null = null): Promise<Server> {
  // To try the flows on a reference server: it listens already.
  if (process.env.E2E_API_URL) return { apiUrl: process.env.E2E_API_URL, folder: "", stop: async () => {}, kill: async () => {} };
  const folder = killed === null ? mkdtempSync(join(tmpdir(), "milliways-e2e-")) : dirname(killed.folder);
  const [port = 0] = killed === null ? await freePorts(1) : [new URL(killed.apiUrl).port];
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("MILLIWAYS_") && name !== "HOST");
  const child = spawn("npm", ["start"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: {
      ...Object.fromEntries(inherited),
      PORT: String(port),
      MILLIWAYS_DATA_DIR: join(folder, "data"),
      MILLIWAYS_UI: "off",
      ...settings,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const deadline = Date.now() + READY_MS;
  while (!output.includes("Milliways is ready")) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`npm start is not ready:\n${output}`);
    }
    await sleep(50);
  }
  return {
    apiUrl: `http://127.0.0.1:${port}/api`,
    folder: join(folder, "data"),
    kill: async () => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await exited;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) console.log(`the server ended before its tests did:\n${output}`);
      child.kill("SIGTERM");
      await Promise.race([exited, sleep(15_000)]);
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      const complaints = output.split("\n").filter((line) => line.includes('"level":"error"'));
      if (complaints.length > 0) console.log(`the server's errors:\n${complaints.slice(0, 10).join("\n")}`);
    },
  };
}

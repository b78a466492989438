import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import * as z from "zod";
import { type ClientName, clientBin } from "./install-clients.ts";
import { residentClient } from "./resident.ts";

const FLOWS = join(import.meta.dirname, "../flows");
const COMMAND_MS = 300_000;

const flowRun = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  message: z.string().nullable(),
  run_count: z.number(),
  auto_scheduled: z.boolean(),
  states: z.array(z.string()),
  task_runs: z.array(z.tuple([z.string(), z.string().nullable(), z.number()])),
  logs: z.array(z.string()),
  events: z.array(z.string()),
});
export type FlowRun = z.infer<typeof flowRun>;

export type BackgroundProcess = {
  output: () => string;
  /** Ends it as Ctrl-C does, and resolves when it is gone. */
  interrupt: () => Promise<void>;
  /** Ends it at once, without a last word, and the processes that it started. */
  kill: () => Promise<void>;
};

export type Client = {
  /** Runs the Prefect command line; returns what it printed, and fails the test on another exit status than 0. */
  prefect: (...args: string[]) => Promise<string>;
  /** Runs one of the flow files to its end; returns the JSON of its last line. */
  runFlow: (file: string, ...args: string[]) => Promise<unknown>;
  /** Starts a flow file or a command and leaves it running. */
  startFlow: (file: string, ...args: string[]) => BackgroundProcess;
  startPrefect: (...args: string[]) => BackgroundProcess;
  readRun: (id: string) => Promise<FlowRun>;
  readRunsOf: (deployment: string) => Promise<FlowRun[]>;
  /** Ends what still runs and removes the client's home. */
  close: () => Promise<void>;
};

/** Returns a real Prefect client with a home of its own, pointed at a server. */
export function makeClient(
  name: ClientName,
  { apiUrl, authString }: { apiUrl: string; authString?: string | undefined },
): Client {
  const home = mkdtempSync(join(tmpdir(), `milliways-${name}-`));
  const flows = join(home, "flows");
  cpSync(FLOWS, flows, { recursive: true });
  const bin = clientBin(name);
  // Clients up to 3.6.13 send no credentials when they open a socket, unless the address has them (README.md, "Point a client at it").
  const env = {
    PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
    HOME: home,
    PREFECT_HOME: join(home, "prefect"),
    PREFECT_API_URL: name === "seed" && authString !== undefined ? apiUrl.replace("://", `://${authString}@`) : apiUrl,
    ...(authString !== undefined && { PREFECT_API_AUTH_STRING: authString }),
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: "false",
    PREFECT_SERVER_ANALYTICS_ENABLED: "false",
    PREFECT_CLI_COLORS: "false",
    PREFECT_CLI_WRAP_LINES: "false",
    // Seconds between two questions for work: 10 by default.
    PREFECT_RUNNER_POLL_FREQUENCY: "2",
    PREFECT_WORKER_QUERY_SECONDS: "2",
    // Tables as wide as their content.
    COLUMNS: "400",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUNBUFFERED: "1",
  };
  const running = new Set<ChildProcess>();
  const launch = (command: string, args: string[]) => {
    const child = spawn(join(bin, command), args, { cwd: flows, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    running.add(child);
    let stdout = "";
    let all = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      all += chunk;
    });
    child.stderr.on("data", (chunk) => (all += chunk));
    const exited = new Promise<number | string>((resolve) => {
      child.once("close", (code, signal) => {
        running.delete(child);
        resolve(code ?? signal ?? "gone");
      });
    });
    return { child, exited, stdout: () => stdout, all: () => all };
  };
  const run = async (command: string, args: string[]) => {
    const { child, exited, stdout, all } = launch(command, args);
    const timer = setTimeout(() => killGroup(child), COMMAND_MS);
    const status = await exited;
    clearTimeout(timer);
    expect(status, `${command} ${args.join(" ")}\n${all()}`).toBe(0);
    return stdout();
  };
  const start = (command: string, args: string[]): BackgroundProcess => {
    const { child, exited, all } = launch(command, args);
    return {
      output: all,
      interrupt: async () => {
        child.kill("SIGINT");
        const timer = setTimeout(() => killGroup(child), 30_000);
        await exited;
        clearTimeout(timer);
      },
      kill: async () => {
        killGroup(child);
        await exited;
      },
    };
  };
  const lastLine = (text: string): unknown => JSON.parse(text.trim().split("\n").at(-1) ?? "");
  const resident = residentClient({ bin, cwd: flows, env, onStart: (child) => running.add(child) });
  const command = async (...args: string[]) => {
    const { status, output, complaints } = await resident.run(args, COMMAND_MS);
    expect(status, `${args.join(" ")}\n${output}${complaints}`).toBe(0);
    return output;
  };
  const read = async (...args: string[]) => z.array(flowRun).parse(lastLine(await command("read.py", ...args)));
  return {
    prefect: (...args) => command("prefect", ...args),
    runFlow: async (file, ...args) => lastLine(await run("python", [file, ...args])),
    startFlow: (file, ...args) => start("python", [file, ...args]),
    startPrefect: (...args) => start("prefect", ["--no-prompt", ...args]),
    readRun: async (id) => {
      const [only] = await read(id);
      if (!only) throw new Error(`no flow run ${id}`);
      return only;
    },
    readRunsOf: (deployment) => read("--deployment", deployment),
    close: async () => {
      for (const child of running) killGroup(child);
      await sleep(200);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

// With the processes of the flow runs that it started.
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended in the meantime.
  }
}

/** For what a client does by itself: a Python process takes seconds to start, and several times as long beside others on a slow machine. */
const PATIENCE = 300;

/** Reads again and again until the value is as wanted; fails with the last value when it is not within the time. */
export async function eventually<T>(read: () => Promise<T>, wanted: (value: T) => boolean, seconds = PATIENCE): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${JSON.stringify(value, null, 1)}`);
    await sleep(500);
  }
}

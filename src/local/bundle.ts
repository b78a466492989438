import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { LocalError, runCommand } from "./errors.ts";
import { ROOT } from "./worker-bundle.ts";

const OUT = join(ROOT, ".cache/bundle");
// The platform's limits are 3 MB and a second; these keep cold starts short.
const LIMIT_KB = 300;
const LIMIT_MS = 100;
const RUNS = 5;

/** Bundles the Worker as a deployment does, prints its size and the evaluation time of its module, and fails above the limits. */
await runCommand(async () => {
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const quiet = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", WRANGLER_WRITE_LOGS: "false", CI: "true" };
  const result = spawnSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", OUT], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...quiet },
  });
  if (result.status !== 0) throw new LocalError(`wrangler could not bundle the Worker:\n${result.stdout}${result.stderr}`);
  const file = join(OUT, "worker.js");
  const bundle = readFileSync(file);
  const gzipKb = gzipSync(bundle, { level: 9 }).length / 1000;
  const milliseconds = Math.min(...Array.from({ length: RUNS }, () => evaluationTime(file)));
  console.log(
    `The bundle has ${Math.round(bundle.length / 1000)} kB, ${gzipKb.toFixed(1)} kB gzip (at most ${LIMIT_KB}); ` +
      `its module evaluates in ${milliseconds.toFixed(1)} ms (at most ${LIMIT_MS}).`,
  );
  if (gzipKb > LIMIT_KB) throw new LocalError(`The bundle is larger than ${LIMIT_KB} kB gzip.`);
  if (milliseconds > LIMIT_MS) throw new LocalError(`The Worker's module takes longer than ${LIMIT_MS} ms to evaluate.`);
});

// CPU time of one thread in a new process each time: a cold V8 as in the Worker, independent of other load. Node loads its web
// APIs on first use, which is not the Worker's time.
function evaluationTime(file: string): number {
  const script = `
    new Request("http://localhost/");
    new WebSocket("ws://localhost:1/").onerror = () => {};
    const usage = process.threadCpuUsage ?? process.cpuUsage;
    const started = usage.call(process);
    await import(${JSON.stringify(file)});
    const used = usage.call(process, started);
    console.log((used.user + used.system) / 1000);
    process.exit();`;
  const result = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  if (result.status !== 0) throw new LocalError(`The bundle does not load: ${result.stderr.split("\n").slice(0, 6).join("\n")}`);
  return Number(result.stdout);
}

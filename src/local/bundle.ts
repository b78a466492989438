import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { LocalError, runCommand } from "./errors.ts";
import { ROOT } from "./worker-bundle.ts";

const OUT = join(ROOT, ".cache/bundle");
// The platform's limits are 3 MB and a second; these keep cold starts short.
const LIMIT_KB = 300;
const LIMIT_MS = 100;
const RUNS = 5;
// The limit is for a machine that evaluates the yardstick in this time: the same code takes half or twice as long on others, and on one
// machine from hour to hour.
const YARDSTICK_MS = 50;

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
  const yardstick = join(OUT, "yardstick.mjs");
  writeFileSync(yardstick, yardstickModule());
  const measured: [number, number][] = Array.from({ length: RUNS }, () => [evaluationTime(file), evaluationTime(yardstick)]);
  const here = Math.min(...measured.map(([module]) => module));
  const milliseconds = (here * YARDSTICK_MS) / Math.min(...measured.map(([, reference]) => reference));
  console.log(
    `The bundle has ${Math.round(bundle.length / 1000)} kB, ${gzipKb.toFixed(1)} kB gzip (at most ${LIMIT_KB}); its module evaluates in ` +
      `${milliseconds.toFixed(1)} ms at the yardstick's speed (at most ${LIMIT_MS}), ${here.toFixed(1)} ms on this machine.`,
  );
  if (gzipKb > LIMIT_KB) throw new LocalError(`The bundle is larger than ${LIMIT_KB} kB gzip.`);
  if (milliseconds > LIMIT_MS) throw new LocalError(`The Worker's module takes longer than ${LIMIT_MS} ms to evaluate.`);
});

/** Returns a module whose evaluation is work of the same kind, always as much: functions, classes, objects and patterns. */
function yardstickModule(): string {
  const part = (i: number) => `const f${i} = (a) => ({ a, i: ${i} });
class C${i} { constructor(x) { this.x = f${i}(x); Object.defineProperty(this, "y", { value: [x], enumerable: false }); } }
export const o${i} = Object.freeze({ c: new C${i}(${i}), p: /^[a-z]{${(i % 7) + 1}}$/u.test("k${i}"), m: new Map([["k${i}", f${i}]]) });`;
  return Array.from({ length: 1500 }, (_, i) => part(i)).join("\n");
}

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

/**
 * Asks a large database every filter and prints what takes longest: `npm run test:scale -- [--runs 1000000] [--keep FOLDER] [--pairs 40] [--only PATTERN]`.
 * Ends with 1 where a page takes more than 100 ms, a count more than 150, or one that joins task runs with their flow runs more than 500.
 * What the median of three exceeds is asked five times more, and the smallest CPU time of the database's process counts (Linux): a statement
 * runs in one thread there, so this is what it takes on a machine that does nothing else.
 * `--retention`: at the end deletes old runs beside lives of new ones, for which the database is changed.
 * `--keep`: the database stays in the folder and is not filled again. `--only`: a regular expression on the names that are printed.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { databaseClient } from "../../src/local/database-client.ts";
import { startLibsqlServer } from "../../src/local/libsql-server.ts";
import { applyMigrations } from "../../src/local/migrations.ts";
import { freePorts } from "../../src/local/processes.ts";
import { readMetrics } from "../../src/store/metrics/read.ts";
import { type Ask, alone, ask, asksOf, pairs, sortsOf } from "./asks.ts";
import { interfaceAsks } from "./interface-asks.ts";
import { fillLargeWorld } from "./large-world.ts";
import { type MeasuringDatabase, measuringDatabase } from "./measuring-database.ts";
import { measureRetention } from "./retention.ts";
import { sample } from "./sample.ts";
import { uiAsks } from "./ui-asks.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000000" },
    keep: { type: "string" },
    pairs: { type: "string", default: "40" },
    show: { type: "string", default: "40" },
    only: { type: "string", default: "" },
    retention: { type: "boolean", default: false },
  },
});
const runs = Number(values.runs);
const rounds = 3;
const moreRounds = 5;
let databaseProcess = 0;

interface Outcome {
  readonly name: string;
  readonly milliseconds: number;
  /** "cpu" where the elapsed time of a busy machine was over the limit. */
  readonly kind: "elapsed" | "cpu";
  readonly rowsRead: number;
  readonly limit: number;
}

const page = 100;
const count = 150;
// A count that joins a million task runs with a million flow runs: SQLite needs 0.3 s to look each of them up, whichever side is asked.
const countOfJoined = 500;

const limitOf = ({ sort, listed, filters }: Ask): number => {
  if (sort !== undefined) return page;
  const { task_runs, ...others } = filters;
  const isJoined = listed === "task_runs" ? Object.keys(others).length > 0 : task_runs !== undefined;
  return isJoined ? countOfJoined : count;
};

const nameOf = ({ listed, name, sort }: Ask) => `${listed} by ${name}, ${sort ?? "count"}`;

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

interface Question {
  readonly name: string;
  readonly limit: number;
  readonly ask: (db: MeasuringDatabase) => Promise<unknown>;
}

/** Returns the CPU time of a process so far in milliseconds, null where the system does not tell it. */
function cpuMilliseconds(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"),
    );
    return threads.reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e6, 0);
  } catch {
    return null;
  }
}

async function measure(db: MeasuringDatabase, { name, limit, ask }: Question): Promise<Outcome> {
  const times: number[] = [];
  let cpu = Number.POSITIVE_INFINITY;
  const round = async () => {
    const [start, used] = [performance.now(), cpuMilliseconds(databaseProcess)];
    await ask(db);
    times.push(performance.now() - start);
    const after = cpuMilliseconds(databaseProcess);
    if (used !== null && after !== null) cpu = Math.min(cpu, after - used);
  };
  for (let i = 0; i < rounds; i++) await round();
  let milliseconds = median(times);
  const isSlow = milliseconds > limit && Number.isFinite(cpu);
  for (let i = 0; isSlow && i < moreRounds && cpu > limit; i++) await round();
  if (isSlow) milliseconds = Math.min(milliseconds, cpu);
  const rowsRead = Math.max(...db.taken().map((statement) => statement.rowsRead));
  return { name, milliseconds, kind: isSlow ? "cpu" : "elapsed", rowsRead, limit };
}

const questions = (): Question[] => [
  { name: "metrics", limit: page, ask: (db) => readMetrics(db, Date.now() * 1000, null) },
  ...asks().map((one) => ({ name: nameOf(one), limit: limitOf(one), ask: (db: MeasuringDatabase) => ask(db, one) })),
  ...uiAsks(runs).map((one) => ({ name: `ui/${one.name}`, limit: page, ask: one.ask })),
  ...interfaceAsks(runs).map((one) => ({ name: `interface/${one.name}`, limit: page, ask: one.ask })),
];

function asks(): Ask[] {
  const single = (["flows", "flow_runs", "task_runs", "deployments", "work_pools", "work_queues"] as const).flatMap((listed) =>
    asksOf(listed, alone(listed, runs)),
  );
  const paired = (["flows", "flow_runs", "task_runs", "deployments"] as const).flatMap((listed) =>
    sample(pairs(listed, runs), Number(values.pairs)).flatMap((pair, i): Ask[] => {
      const sorts = sortsOf(listed);
      return [
        { listed, sort: sorts[i % sorts.length] ?? "", ...pair },
        { listed, ...pair },
      ];
    }),
  );
  return [...single, ...paired];
}

async function fillOnce(server: { readonly url: string }, folder: string): Promise<void> {
  const filled = join(folder, `filled-${runs}`);
  const start = performance.now();
  const client = databaseClient(server.url);
  await applyMigrations(client);
  if (existsSync(filled)) {
    client.close();
    return;
  }
  await fillLargeWorld(client, { runs, taskRuns: runs, events: runs, logs: runs });
  client.close();
  writeFileSync(filled, "");
  console.log(
    `Filled with ${runs} flow runs, task runs, events and logs each in ${Math.round((performance.now() - start) / 1000)} s.`,
  );
}

function print(outcomes: readonly Outcome[]): void {
  const worst = [...outcomes].sort((a, b) => b.milliseconds / b.limit - a.milliseconds / a.limit);
  console.log(`${"ms".padStart(8)}${"limit".padStart(7)}${"rows read".padStart(11)}`);
  for (const { name, milliseconds, kind, rowsRead, limit } of worst.slice(0, Number(values.show)))
    console.log(
      `${milliseconds.toFixed(1).padStart(8)}${String(limit).padStart(7)}${String(rowsRead).padStart(11)}  ${kind === "cpu" ? "cpu " : "    "}${name}`,
    );
  const over = outcomes.filter(({ milliseconds, limit }) => milliseconds > limit).length;
  console.log(`${outcomes.length} asked, ${over} over their limit.`);
  if (over > 0) process.exitCode = 1;
}

const folder = values.keep ?? mkdtempSync(join(tmpdir(), "milliways-scale-"));
mkdirSync(folder, { recursive: true });
const [port = 0] = await freePorts(1);
const server = await startLibsqlServer({
  folder: join(folder, "database"),
  port,
  logFile: join(folder, "server.log"),
  onSpawn: (pid) => {
    databaseProcess = pid;
  },
});
try {
  await fillOnce(server, folder);
  const db = measuringDatabase(server);
  const outcomes: Outcome[] = [];
  const only = new RegExp(values.only);
  const all = questions().filter(({ name }) => only.test(name));
  for (const [i, one] of all.entries()) {
    outcomes.push(await measure(db, one));
    if (i % 100 === 99) console.error(`${i + 1} of ${all.length} asked`);
  }
  print(outcomes);
  if (values.retention && !(await measureRetention(server.url, runs))) process.exitCode = 1;
} finally {
  await server.stop();
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}

// npm run bench [-- --seconds 5 --clients 16 --only NAME]: each workload's rate on this server, and the share it keeps of the platform's
// floor (a bare Worker that sends as many trivial statements in as many batches to the same database server). With --rtt: see far.ts.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databaseClient } from "../../src/local/database-client.ts";
import { startLibsqlServer } from "../../src/local/libsql-server.ts";
import { applyMigrations } from "../../src/local/migrations.ts";
import { freePorts } from "../../src/local/processes.ts";
import { bundleWorker, readWorkerConfig } from "../../src/local/worker-bundle.ts";
import { startWorkerHost } from "../../src/local/worker-host.ts";
import { openDatabase } from "../../src/store/client.ts";
import { sharedConnections } from "../../src/store/hrana/connections.ts";
import { type ApiClient, apiClient } from "../support/api-client.ts";
import { distantDatabase } from "./distance.ts";
import { measureFar } from "./far.ts";
import { type Size, seed, type World, workloads } from "./workloads.ts";

const option = (name: string, fallback: string): string => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? fallback : (process.argv[i + 1] ?? fallback);
};
const seconds = Number(option("seconds", "5"));
const clients = Number(option("clients", "16"));
const only = option("only", "");
const rtt = Number(option("rtt", "0"));
const commit = Number(option("commit", "0"));
const streams = option("streams", "");

async function rate(work: (i: number) => Promise<unknown>): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let done = 0;
  let i = 0;
  const client = async () => {
    while (performance.now() < end) {
      await work(i++);
      done++;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  return (done * 1000) / (performance.now() - start);
}

type Bindings = Record<string, string>;

async function host(folder: string, entry: string, bound: Bindings) {
  mkdirSync(folder, { recursive: true });
  await bundleWorker(entry, join(folder, "worker.mjs"));
  const [port = 0, controlPort = 0] = await freePorts(2);
  const bindings = { MILLIWAYS_TICK_SECONDS: "0", MILLIWAYS_LOG: "warn", ...bound };
  const options = { folder, config: readWorkerConfig(), host: "127.0.0.1", port, controlPort, bindings };
  const { stop } = await startWorkerHost(options);
  return { stop, base: `http://127.0.0.1:${port}/api` };
}

const folder = mkdtempSync(join(tmpdir(), "milliways-bench-"));
const stops: (() => Promise<void>)[] = [];

async function seeded(api: ApiClient, size?: Size): Promise<World> {
  const started = performance.now();
  const world = await seed(api, size);
  console.log(`seeded in ${((performance.now() - started) / 1000).toFixed(1)} s; ${clients} clients, ${seconds} s each`);
  return world;
}

async function measureHere(url: string): Promise<void> {
  const local = { TURSO_DATABASE_URL: url, MILLIWAYS_LOCAL: "1" };
  const own = await host(join(folder, "own"), readWorkerConfig().main, local);
  stops.push(own.stop);
  const floor = await host(join(folder, "floor"), join(import.meta.dirname, "floor-worker.ts"), local);
  stops.push(floor.stop);
  const api = apiClient(own.base);
  const bare = async (batches: readonly number[]) => {
    const answer = await fetch(`${floor.base}/floor?batches=${batches.join(",")}`);
    if (!answer.ok) throw new Error(`the floor: ${answer.status}`);
    return answer.text();
  };
  const world = await seeded(api);
  console.log(`${"workload".padEnd(54)} ${"own /s".padStart(8)} ${"floor /s".padStart(9)} ${"share".padStart(6)}`);
  for (const { name, batches, run } of workloads.filter((w) => w.name.includes(only))) {
    const mine = await rate((i) => run(api, world, i));
    const least = await rate(() => bare(batches));
    console.log(
      `${name.padEnd(54)} ${mine.toFixed(0).padStart(8)} ${least.toFixed(0).padStart(9)} ${`${((100 * mine) / least).toFixed(0)} %`.padStart(6)}`,
    );
  }
}

async function measureFromAfar(url: string): Promise<void> {
  const distant = await distantDatabase(url);
  stops.push(distant.stop);
  const key = crypto.randomUUID();
  const kept: Bindings = streams === "" ? {} : { MILLIWAYS_DATABASE_STREAMS: streams };
  const deployed = { TURSO_DATABASE_URL: distant.url, MILLIWAYS_API_KEY: key, ...kept };
  const own = await host(join(folder, "own"), readWorkerConfig().main, deployed);
  stops.push(own.stop);
  const api = apiClient(own.base, { authorization: `Bearer ${key}` });
  const world = await seeded(api, { deployments: 100, flowRuns: 500 });
  distant.move({ rtt, commit });
  const keeps = streams === "" ? "as by default" : streams;
  console.log(`a round trip of ${rtt} ms, ${commit} ms a commit, streams kept: ${keeps}`);
  const database = openDatabase({ url: distant.url, connections: sharedConnections(clients) });
  await measureFar({ api, database, world, rtt, seconds, clients, only });
}

try {
  const [port = 0] = await freePorts(1);
  const database = await startLibsqlServer({ folder: join(folder, "database"), port, logFile: join(folder, "database.log") });
  stops.push(database.stop);
  const { url } = database;
  const client = databaseClient(url);
  await applyMigrations(client);
  client.close();
  await (rtt > 0 ? measureFromAfar(url) : measureHere(url));
} finally {
  for (const stop of stops.reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
}

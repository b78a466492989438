// npm run bench -- --rtt 20 [--commit 20 --streams 16 --seconds 5 --clients 16 --only NAME]: the Worker as it is deployed, its database at a
// distance. Each workload's median time for one client, in round trips, and the rate of many clients.
import type { Database } from "../../src/store/client.ts";
import { type ApiClient, dataOf } from "../support/api-client.ts";
import { pick, type World, workloads } from "./workloads.ts";

interface FarWorkload {
  readonly name: string;
  /** Returns what one client does again and again. */
  readonly client: (api: ApiClient, world: World) => Promise<(i: number) => Promise<unknown>>;
}

// A handful of deployments that run often.
const deployments = 8;
const runOf = (api: ApiClient, world: World, i: number) => {
  const path = { id: pick(world.deployments, i % deployments) };
  return dataOf(api.POST("/deployments/{id}/create_flow_run", { params: { path }, body: {} }));
};
const setState = (api: ApiClient, id: string, type: "PENDING" | "RUNNING" | "COMPLETED", force = false) =>
  dataOf(api.POST("/flow_runs/{id}/set_state", { params: { path: { id } }, body: { state: { type }, force } }));

const local = (name: string): FarWorkload => {
  const found = workloads.find((workload) => workload.name === name);
  if (found === undefined) throw new Error(`no workload ${name}`);
  return { name, client: async (api, world) => (i) => found.run(api, world, i) };
};

const farWorkloads: readonly FarWorkload[] = [
  local("one deployment"),
  {
    name: "state of a run",
    async client(api, world) {
      const { id } = await runOf(api, world, 0);
      return (i) => setState(api, id, i % 2 === 0 ? "RUNNING" : "PENDING", true);
    },
  },
  { name: "run of a deployment", client: async (api, world) => (i) => runOf(api, world, i) },
  {
    name: "life of a run: create, pending, running, completed",
    client: async (api, world) => async (i) => {
      const { id } = await runOf(api, world, i);
      for (const type of ["PENDING", "RUNNING", "COMPLETED"] as const) await setState(api, id, type);
    },
  },
  local("100 logs"),
  local("20 events"),
];

const trivial = { sql: "select 1", args: [] };

interface Measured {
  /** In milliseconds. */
  readonly median: number;
  readonly perSecond: number;
}

async function measure(clients: readonly ((i: number) => Promise<unknown>)[], seconds: number): Promise<Measured> {
  const started = performance.now();
  const end = started + seconds * 1000;
  const times: number[] = [];
  let next = 0;
  const repeat = async (work: (i: number) => Promise<unknown>) => {
    while (performance.now() < end) {
      const begun = performance.now();
      await work(next++);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(clients.map(repeat));
  const elapsed = (performance.now() - started) / 1000;
  return { median: times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN, perSecond: times.length / elapsed };
}

export interface FarOptions {
  readonly api: ApiClient;
  /** The database without the Worker. */
  readonly database: Database;
  readonly world: World;
  readonly rtt: number;
  readonly seconds: number;
  readonly clients: number;
  readonly only: string;
}

/** Prints the table. */
export async function measureFar({ api, database, world, rtt, seconds, clients, only }: FarOptions): Promise<void> {
  const columns = ["p50 ms", "round trips", `${clients} clients /s`, "p50 ms"];
  const line = (name: string, cells: readonly string[]) =>
    console.log(name.padEnd(52) + cells.map((cell, i) => cell.padStart((columns[i]?.length ?? 0) + 2)).join(""));
  line("workload", columns);
  const bare: FarWorkload = { name: "a statement without the Worker", client: async () => () => database.execute(trivial) };
  for (const { name, client } of [bare, ...farWorkloads].filter((workload) => workload.name.includes(only))) {
    const all = await Promise.all(Array.from({ length: clients }, () => client(api, world)));
    // The isolate opens its connections first.
    await measure(all, 1);
    const one = await measure(all.slice(0, 1), seconds);
    const many = await measure(all, seconds);
    const figures = [one.median.toFixed(1), (one.median / rtt).toFixed(2), many.perSecond.toFixed(0), many.median.toFixed(0)];
    line(name, figures);
  }
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { dataOf } from "../support/api-client.ts";
import { type Api, makeApi, type RunSummary } from "./support/api.ts";
import { type BackgroundProcess, type Client, eventually, makeClient } from "./support/client.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { type Server, startServer } from "./support/server.ts";
import { mostAtOnce, type Use } from "./support/uses.ts";

interface Setting {
  readonly server: Server;
  readonly client: Client;
  readonly api: Api;
  readonly folder: string;
  readonly workers: BackgroundProcess[];
}

/** Two questions for work, with time to spare: what has not been started then was not handed out. */
const TWO_POLLS = 6_000;

/** What workers do with pools, queues and their runs, and task servers with background tasks. */
export function describeWorkers(name: ClientName): void {
  describe(`workers of Prefect ${CLIENTS[name]}`, () => {
    let setting: Setting;
    // A task server counts as gone after three quarters of a minute: the other tests run meanwhile.
    let baking: Baking;

    beforeAll(async () => {
      const server = await startServer({ MILLIWAYS_TICK_SECONDS: "2" });
      const client = makeClient(name, { apiUrl: server.apiUrl });
      const folder = mkdtempSync(join(tmpdir(), "milliways-e2e-record-"));
      setting = { server, client, api: makeApi(server.apiUrl), folder, workers: [] };
      await openPool(setting);
    });
    afterAll(async () => {
      await setting?.client.close();
      await setting?.server.stop();
      if (setting) rmSync(setting.folder, { recursive: true, force: true });
    });

    it("loses one of two task servers in the middle of a hundred background tasks", async () => {
      baking = await losesTaskServer(setting);
    });
    it("runs what waits by the queues' priority within the limits of pool and queue, and nothing that is paused", () =>
      keepsOrder(setting));
    it("ends the process of a run that the command line cancels", () => cancels(setting));
    it("starts a suspended run again when it gets its input", () => suspends(setting));
    it("runs each of fifty runs once with two workers", () => sharesRuns(setting));
    it("has done all of the hundred background tasks", () => doesAllTasks(setting, baking));
  });
}

const note = z.object({
  run: z.string(),
  name: z.string(),
  pid: z.number(),
  worker: z.number(),
  what: z.string(),
  at: z.number(),
});

function notes(record: string): z.infer<typeof note>[] {
  if (!existsSync(record)) return [];
  const lines = readFileSync(record, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => note.parse(JSON.parse(line)));
}

/** Returns when each run that has ended began and ended, in the order of the beginnings. */
function usesIn(record: string): Use[] {
  const all = notes(record);
  const ended = all.filter(({ what }) => what === "end");
  const uses = ended.map(({ run, name, at }): Use => {
    const begin = all.find((other) => other.run === run && other.what === "begin");
    return [name, begin?.at ?? 0, at];
  });
  return uses.sort((a, b) => a[1] - b[1]);
}

interface Wanted {
  readonly name: string;
  readonly flow_run_name: string;
  readonly parameters: object;
}

const start = async ({ client }: Setting, wanted: readonly Wanted[]): Promise<string[]> =>
  z.array(z.string()).parse(await client.runFlow("start_runs.py", JSON.stringify(wanted)));

const FINAL = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"];
const types = (runs: readonly RunSummary[]) => runs.map(({ state }) => state.type);

async function allEnd({ api, workers }: Setting, ids: string[], seconds?: number): Promise<RunSummary[]> {
  return eventually(
    () => api.flowRuns({ ids }),
    (runs) => runs.length === ids.length && types(runs).every((type) => FINAL.includes(type)),
    seconds,
  ).catch((error) => {
    throw new Error(`${error.message}\n${workers.map((worker) => worker.output()).join("\n")}`);
  });
}

function startWorker({ client, workers }: Setting, name: string): void {
  const args = ["worker", "start", "--pool", "kitchen", "--type", "process", "--name", name, "--limit", "4"];
  workers.push(client.startPrefect(...args));
}

/** Makes a pool with three queues, deploys to them, and lets a worker ask for their runs. */
async function openPool(setting: Setting): Promise<void> {
  const { api, client } = setting;
  await client.prefect("work-pool", "create", "kitchen", "--type", "process");
  for (const [priority, queue] of ["shut", "high", "low"].entries())
    await client.prefect("work-queue", "create", queue, "-p", "kitchen", "-q", String(priority + 2));
  await client.runFlow("working.py", "kitchen", "low", "high", "shut");
  startWorker(setting, "first");
  await eventually(
    () =>
      dataOf(
        api.client.POST("/work_pools/{work_pool_name}/workers/filter", {
          params: { path: { work_pool_name: "kitchen" } },
          body: {},
        }),
      ),
    (workers) => workers.some(({ status }) => status === "ONLINE"),
  );
}

async function keepsOrder(setting: Setting): Promise<void> {
  const { api, client, folder } = setting;
  const record = join(folder, "order.jsonl");
  await client.prefect("work-queue", "pause", "shut", "-p", "kitchen");
  await client.prefect("work-pool", "pause", "kitchen");
  await client.prefect("work-pool", "set-concurrency-limit", "kitchen", "1");

  const wanted = (queue: string, n: number, seconds = 1): Wanted => ({
    name: `recorded/${queue}`,
    flow_run_name: `${queue}-${n}`,
    parameters: { record, seconds },
  });
  const four = [wanted("low", 1), wanted("low", 2), wanted("high", 1), wanted("high", 2)];
  const [shut = "", ...ids] = await start(setting, [wanted("shut", 1), ...four]);
  await sleep(TWO_POLLS);
  expect(types(await api.flowRuns({ ids: [shut, ...ids] }))).toEqual(Array(5).fill("SCHEDULED"));

  await client.prefect("work-pool", "resume", "kitchen");
  expect(types(await allEnd(setting, ids))).toEqual(Array(4).fill("COMPLETED"));
  expect(usesIn(record).map(([name]) => name)).toEqual(["high-1", "high-2", "low-1", "low-2"]);
  expect(mostAtOnce(usesIn(record))).toBe(1);
  await sleep(TWO_POLLS);
  expect(types(await api.flowRuns({ ids: [shut] }))).toEqual(["SCHEDULED"]);

  await client.prefect("work-pool", "clear-concurrency-limit", "kitchen");
  await client.prefect("work-queue", "set-concurrency-limit", "low", "1", "-p", "kitchen");
  await client.prefect("work-queue", "resume", "shut", "-p", "kitchen");
  const more = await start(setting, [wanted("low", 3, 10), wanted("low", 4, 1), wanted("high", 3, 10)]);
  expect(types(await allEnd(setting, [shut, ...more]))).toEqual(Array(4).fill("COMPLETED"));
  const later = usesIn(record).slice(4);
  expect(mostAtOnce(later.filter(([name]) => name.startsWith("low")))).toBe(1);
  expect(later.map(([name]) => name).at(-1)).toBe("low-4");
  expect(mostAtOnce(later)).toBeGreaterThan(1);
}

async function cancels(setting: Setting): Promise<void> {
  const { api, client, folder } = setting;
  const record = join(folder, "cancelled.jsonl");
  const parameters = { record, seconds: 300 };
  const [id = ""] = await start(setting, [{ name: "recorded/high", flow_run_name: "endless", parameters }]);
  const [begun] = await eventually(
    async () => notes(record),
    (found) => found.length === 1,
  );
  const isThere = () => existsSync(`/proc/${begun?.pid}`);
  expect(isThere()).toBe(true);
  await client.prefect("flow-run", "cancel", id);
  expect(types(await allEnd(setting, [id]))).toEqual(["CANCELLED"]);
  expect(
    await eventually(
      async () => isThere(),
      (there) => !there,
    ),
  ).toBe(false);
  const states = await api.states("flow", id);
  expect(states.map(({ name }) => name).slice(-3)).toEqual(["Running", "Cancelling", "Cancelled"]);
  expect(notes(record)).toHaveLength(1);
}

async function suspends(setting: Setting): Promise<void> {
  const { api, client, folder } = setting;
  const record = join(folder, "suspended.jsonl");
  const [id = ""] = await start(setting, [{ name: "suspends/patient", flow_run_name: "patient", parameters: { record } }]);
  await eventually(
    () => api.flowRuns({ ids: [id] }),
    ([run]) => run?.state.name === "Suspended",
  );
  const first = notes(record)[0]?.pid;
  await eventually(
    async () => existsSync(`/proc/${first}`),
    (there) => !there,
  );
  await client.runFlow("resume.py", id, JSON.stringify({ dish: "steak", servings: 2 }));
  const [run] = await allEnd(setting, [id]);
  const names = (await api.states("flow", id)).map(({ name }) => name);
  // A resumption is no new attempt.
  expect(run, names.join()).toMatchObject({ state: { type: "COMPLETED" }, run_count: 1 });
  const written = notes(record);
  expect(written.map(({ what }) => what)).toEqual(["begin", "begin", "2 times steak"]);
  expect(new Set(written.map(({ pid }) => pid)).size).toBe(2);
  expect(names).toEqual(expect.arrayContaining(["Suspended", "Resuming"]));
}

async function sharesRuns(setting: Setting): Promise<void> {
  const { client, folder } = setting;
  const record = join(folder, "shared.jsonl");
  startWorker(setting, "second");
  await client.prefect("deploy", "working.py:recorded", "--name", "shared", "--pool", "kitchen");
  const runs = Array.from(
    { length: 50 },
    (_, n): Wanted => ({
      name: "recorded/shared",
      flow_run_name: `shared-${n}`,
      parameters: { record },
    }),
  );
  const ids = await start(setting, runs);
  const ended = await allEnd(setting, ids, 600);
  expect(new Set(types(ended))).toEqual(new Set(["COMPLETED"]));
  expect(new Set(ended.map(({ run_count }) => run_count))).toEqual(new Set([1]));
  const begun = notes(record).filter(({ what }) => what === "begin");
  expect(begun.map(({ run }) => run).sort()).toEqual(ids.toSorted());
  expect(new Set(begun.map(({ worker }) => worker)).size).toBe(2);
  await Promise.all(setting.workers.splice(0).map((worker) => worker.interrupt()));
}

const TASKS = 100;
const bakedIn = (record: string) => (existsSync(record) ? readFileSync(record, "utf8").split("\n").slice(0, -1).map(Number) : []);

interface Baking {
  readonly record: string;
  readonly ids: string[];
  readonly survivor: BackgroundProcess;
  readonly said: () => string;
}

/** Kills one of two task servers while both have tasks in hand. */
async function losesTaskServer({ api, client, folder }: Setting): Promise<Baking> {
  const record = join(folder, "baked.txt");
  const victim = client.startFlow("background.py", "serve", record);
  const survivor = client.startFlow("background.py", "serve", record);
  const said = () => `${victim.output()}\n--- survivor\n${survivor.output()}`;
  const withOutput = (error: Error) => {
    throw new Error(`${error.message}\n${said()}`);
  };
  const servers = () => dataOf(api.client.POST("/task_workers/filter", { body: {} }));
  await eventually(servers, (found) => found.length === 2).catch(withOutput);
  const delaying = client.runFlow("background.py", "delay", record, String(TASKS));
  const isServing = ({ output }: BackgroundProcess) => output().includes("Finished in state Completed");
  await eventually(
    async () => bakedIn(record).length,
    (done) => done >= TASKS / 5 && isServing(victim) && isServing(survivor),
  ).catch(withOutput);
  await victim.kill();
  expect(bakedIn(record).length).toBeLessThan(TASKS);
  const ids = z.array(z.string()).parse(await delaying);
  expect(new Set(ids).size).toBe(TASKS);
  return { record, ids, survivor, said };
}

async function doesAllTasks({ api }: Setting, { record, ids, survivor, said }: Baking): Promise<void> {
  const done = async () => {
    const found = await dataOf(api.client.POST("/task_runs/filter", { body: { task_runs: { id: { any_: ids } }, limit: 200 } }));
    return found.map(({ state }) => state?.type);
  };
  const states = await eventually(done, (found) => found.every((type) => type === "COMPLETED")).catch((error) => {
    throw new Error(`${error.message}\n${said()}`);
  });
  expect(states).toHaveLength(TASKS);
  const numbers = Array.from({ length: TASKS }, (_, n) => n);
  expect([...new Set(bakedIn(record))].sort((a, b) => a - b)).toEqual(numbers);
  await survivor.interrupt();
}

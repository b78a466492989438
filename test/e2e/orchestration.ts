import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { dataOf } from "../support/api-client.ts";
import { type Api, makeApi } from "./support/api.ts";
import { type BackgroundProcess, type Client, eventually, makeClient } from "./support/client.ts";
import { startCuttingProxy } from "./support/cutting-proxy.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { type Server, startServer } from "./support/server.ts";
import { mostAtOnce, type Use } from "./support/uses.ts";

interface Setting {
  readonly name: ClientName;
  readonly server: Server;
  readonly client: Client;
  readonly api: Api;
  readonly folder: string;
}

/** What a client's flows, tasks and limits do with the server's rules, and what is recorded of it when connections break. */
export function describeOrchestration(name: ClientName): void {
  describe(`orchestration of Prefect ${CLIENTS[name]}`, () => {
    let setting: Setting;
    let serving: BackgroundProcess;

    beforeAll(async () => {
      const server = await startServer({ MILLIWAYS_TICK_SECONDS: "2" });
      const client = makeClient(name, { apiUrl: server.apiUrl });
      const folder = mkdtempSync(join(tmpdir(), "milliways-e2e-record-"));
      setting = { name, server, client, api: makeApi(server.apiUrl), folder };
      // What has to wait for a slot is asked again after half a minute: the other tests run meanwhile.
      serving = client.startFlow("limited.py");
    });
    afterAll(async () => {
      await setting?.client.close();
      await setting?.server.stop();
      if (setting) rmSync(setting.folder, { recursive: true, force: true });
    });

    it("lets one run of a limited deployment at a time start, and cancels or keeps waiting the others", () =>
      limitsDeployments(setting, serving));
    it("pauses and resumes with and without input, fails what is not resumed in time, and waits between retries", () =>
      pausesAndRetries(setting));
    it("never gives out more slots of a limit than it has, in whichever way they are asked for", () => keepsLimits(setting));
    it("frees a limit whose slot a killed process has left taken, when its slots in use are set to 0", () =>
      freesStuckLimit(setting));
    it("records all of 500 task runs and their events while their connections are cut twice", () => recordsAll(setting));
    it("has started the run that waited for the deployment's slot", () => startsWaiting(setting, serving));
  });
}

const record = (setting: Setting, deployment: string) => join(setting.folder, `${deployment}.jsonl`);

function recorded(setting: Setting, deployment: string): [number, number][] {
  const lines = readFileSync(record(setting, deployment), "utf8").trim().split("\n");
  return lines.map((line) => z.tuple([z.number(), z.number()]).parse(JSON.parse(line)));
}

const named = (deployment: string, n: number) => `${deployment}-${n}`;

async function limitsDeployments(setting: Setting, serving: BackgroundProcess): Promise<void> {
  const { api, client } = setting;
  await eventually(
    () => dataOf(api.client.POST("/deployments/filter", { body: {} })),
    (found) => found.length === 2,
  ).catch((error) => {
    throw new Error(`${error.message}\n${serving.output()}`);
  });
  const wanted = ["cancels", "enqueues"].flatMap((deployment) =>
    [1, 2, 3].slice(deployment === "cancels" ? 0 : 1).map((n) => ({
      name: `exclusive/${deployment}`,
      flow_run_name: named(deployment, n),
      parameters: { record: record(setting, deployment) },
    })),
  );
  await client.runFlow("start_runs.py", JSON.stringify(wanted));
  const runs = await eventually(
    () => api.flowRuns({ named: "cancels-" }),
    (found) =>
      found.length === 3 && found.every(({ state }) => ["COMPLETED", "CANCELLED", "FAILED", "CRASHED"].includes(state.type)),
  ).catch((error) => {
    throw new Error(`${error.message}\n${serving.output()}`);
  });
  expect(runs.map(({ state }) => state.type).sort(), serving.output()).toEqual(["CANCELLED", "CANCELLED", "COMPLETED"]);
  for (const { state, run_count } of runs.filter(({ state }) => state.type === "CANCELLED")) {
    expect({ message: state.message, run_count }).toEqual({ message: "Deployment concurrency limit reached.", run_count: 0 });
  }
  expect(recorded(setting, "cancels")).toHaveLength(1);
}

async function startsWaiting(setting: Setting, serving: BackgroundProcess): Promise<void> {
  const { api } = setting;
  const runs = await eventually(
    () => api.flowRuns({ named: "enqueues-" }),
    (found) =>
      found.length === 2 && found.every(({ state }) => ["COMPLETED", "CANCELLED", "FAILED", "CRASHED"].includes(state.type)),
  ).catch((error) => {
    throw new Error(`${error.message}\n${serving.output()}`);
  });
  expect(runs.map(({ state }) => state.type)).toEqual(["COMPLETED", "COMPLETED"]);
  const states = await Promise.all(runs.map(({ id }) => api.states("flow", id)));
  const waited = states.filter((names) => names.some(({ name }) => name === "AwaitingConcurrencySlot"));
  expect(waited).toHaveLength(1);
  const uses = recorded(setting, "enqueues").map(([begin, end]): Use => ["enqueues", begin, end]);
  expect(uses).toHaveLength(2);
  expect(mostAtOnce(uses)).toBe(1);
  await serving.interrupt();
}

const pausing = z.object({
  ids: z.record(z.string(), z.string()),
  outcomes: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
});

async function pausesAndRetries({ api, client }: Setting): Promise<void> {
  const { ids, outcomes } = pausing.parse(await client.runFlow("pausing.py"));
  expect(outcomes).toMatchObject({
    waits: "resumed",
    asks: "2 times steak",
    is_forgotten: expect.stringContaining("FlowPauseTimeout"),
    gets_well: "well",
    resume_waits: [],
  });
  expect(outcomes.resume_asks).toHaveLength(2);

  const statesOf = (name: string) => api.states(name === "fourth_time_lucky" ? "task" : "flow", ids[name] ?? "");
  const namesOf = async (name: string) => (await statesOf(name)).map((state) => state.name);
  expect(await namesOf("waits")).toEqual(["Pending", "Running", "Paused", "Running", "Completed"]);
  expect(await namesOf("asks")).toEqual(["Pending", "Running", "Paused", "Running", "Completed"]);
  expect((await namesOf("is_forgotten")).slice(0, 3)).toEqual(["Pending", "Running", "Paused"]);
  expect((await namesOf("is_forgotten")).at(-1)).toBe("Failed");
  expect(await namesOf("gets_well")).toEqual([
    ...["Pending", "Running", "AwaitingRetry", "Running", "AwaitingRetry", "Running", "Completed"],
  ]);
  const tried = ["Pending", "Running", ...Array(3).fill(["AwaitingRetry", "Retrying"]).flat(), "Completed"];
  await eventually(
    () => namesOf("fourth_time_lucky"),
    (names) => names.at(-1) === "Completed",
  );
  expect(await namesOf("fourth_time_lucky")).toEqual(tried);

  const flowStates = await statesOf("gets_well");
  for (const [i, { name, timestamp, scheduled }] of flowStates.entries()) {
    if (name !== "AwaitingRetry") continue;
    const due = scheduled?.getTime() ?? 0;
    expect(due - timestamp.getTime()).toBeGreaterThan(1_900);
    expect(due - timestamp.getTime()).toBeLessThan(2_100);
    expect(flowStates[i + 1]?.timestamp.getTime()).toBeGreaterThanOrEqual(due);
  }
}

const uses = z.array(z.tuple([z.string(), z.number(), z.number()]));

async function keepsLimits({ api, client }: Setting): Promise<void> {
  await client.prefect("gcl", "create", "printer", "--limit", "2");
  await client.prefect("gcl", "create", "stapler", "--limit", "1");
  await client.prefect("gcl", "create", "gate", "--limit", "2", "--slot-decay-per-second", "2");
  await client.prefect("gcl", "create", "tag:new-tag", "--limit", "2");
  await client.prefect("concurrency-limit", "create", "old-tag", "2");

  const processes = 3;
  const all = uses.parse(await client.runFlow("limits.py", String(processes)));
  const of = (...names: string[]) => all.filter(([name]) => names.includes(name));
  for (const name of ["printer", "stapler", "gate"]) expect(of(name), name).toHaveLength(3 * processes);
  for (const tag of ["old-tag", "new-tag"]) expect(of(tag), tag).toHaveLength(2 * processes);

  // What is used at once is the limit and not less: several want the same at the same time.
  expect(mostAtOnce(of("printer", "stapler"))).toBe(2);
  expect(mostAtOnce(of("stapler"))).toBe(1);
  expect(mostAtOnce(of("old-tag"))).toBe(2);
  expect(mostAtOnce(of("new-tag"))).toBe(2);

  // Two at once and two more each second: however long one looks, no more go through.
  const passed = of("gate")
    .map(([, at]) => at)
    .sort((a, b) => a - b);
  for (const [i, first] of passed.entries())
    for (const [j, last] of passed.entries()) if (j > i) expect(j - i + 1).toBeLessThanOrEqual(2 + 2 * (last - first + 0.5));

  const slots = (name: string) =>
    dataOf(api.client.GET("/v2/concurrency_limits/{id_or_name}", { params: { path: { id_or_name: name } } }));
  for (const name of ["printer", "stapler", "tag:old-tag", "tag:new-tag"]) {
    const { active_slots } = await eventually(
      () => slots(name),
      (found) => found.active_slots === 0,
    );
    expect(active_slots).toBe(0);
  }
}

async function freesStuckLimit({ api, client }: Setting): Promise<void> {
  await client.prefect("gcl", "create", "vault", "--limit", "1");
  const path = { id_or_name: "vault" };
  const activeSlots = async () =>
    (await dataOf(api.client.GET("/v2/concurrency_limits/{id_or_name}", { params: { path } }))).active_slots;
  const holder = client.startFlow("stuck.py", "hold");
  await eventually(
    async () => holder.output(),
    (output) => output.includes("taken"),
  );
  await holder.kill();
  expect(await activeSlots()).toBe(1);
  await expect(client.runFlow("stuck.py", "try")).rejects.toThrow();

  await client.prefect("gcl", "update", "vault", "--active-slots", "0");
  expect(await activeSlots()).toBe(0);
  expect(await client.runFlow("stuck.py", "try")).toBe("taken");
  await eventually(activeSlots, (slots) => slots === 0);
}

const TASKS = 500;
async function recordsAll({ name, server, api }: Setting): Promise<void> {
  const proxy = await startCuttingProxy(server.apiUrl);
  const client = makeClient(name, { apiUrl: proxy.apiUrl });
  const taskRuns = { operator: "and_", name: { like_: "count-" } } as const;
  const count = (type: "COMPLETED") =>
    dataOf(api.client.POST("/task_runs/count", { body: { task_runs: { ...taskRuns, state: { type: { any_: [type] } } } } }));
  try {
    const run = client.runFlow("many.py", String(TASKS));
    const cuts: number[] = [];
    for (const share of [0.2, 0.6]) {
      const done = await eventually(
        () => count("COMPLETED"),
        (completed) => completed >= share * TASKS,
      );
      expect(done).toBeLessThan(TASKS);
      cuts.push(proxy.cut({ all: cuts.length > 0 }));
    }
    expect(Math.min(...cuts)).toBeGreaterThan(0);
    const { sum } = z.object({ sum: z.number() }).parse(await run);
    expect(sum).toBe((TASKS * (TASKS - 1)) / 2);
  } finally {
    await client.close();
    await proxy.close();
  }
  await eventually(
    () => count("COMPLETED"),
    (completed) => completed === TASKS,
  );
  expect(await dataOf(api.client.POST("/task_runs/count", { body: { task_runs: taskRuns } }))).toBe(TASKS);
  for (const event of ["Pending", "Running", "Completed"]) {
    const told = await resourcesOf(api, `prefect.task-run.${event}`);
    expect([event, told.length, new Set(told).size]).toEqual([event, TASKS, TASKS]);
  }
}

/** Returns the task runs named `count-…` that have such an event, as often as they have it. */
async function resourcesOf(api: Api, event: string): Promise<string[]> {
  const told: string[] = [];
  let next = await dataOf(api.client.POST("/events/filter", { body: { limit: 50, filter: { event: { name: [event] } } } }));
  for (;;) {
    for (const { resource } of next.events)
      if (resource["prefect.resource.name"]?.startsWith("count-")) told.push(resource["prefect.resource.id"] ?? "");
    if (next.next_page === null) return told;
    const query = { "page-token": new URL(next.next_page).searchParams.get("page-token") ?? "" };
    next = await dataOf(api.client.GET("/events/filter/next", { params: { query } }));
  }
}

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Client, eventually, type FlowRun, makeClient } from "./support/client.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { type Server, startServer } from "./support/server.ts";

// The older client puts it into an address, where other characters would be changed.
const AUTH_STRINGS: Partial<Record<ClientName, string>> = {
  current: "admin:a secret, with: colons",
  seed: "admin:dont-panic-42",
};
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

const hello = z.object({ flow_run_id: z.string(), subflow_run_id: z.string(), result: z.number() });
const retrying = z.object({ gets_well: z.string(), stays_ill: z.string(), result: z.string(), error: z.string() });

/** Everything that a client has to be able to do, without and with credentials. */
export function describeVertical(name: ClientName): void {
  describe.each([
    ["an open server", undefined],
    ["a server that asks for credentials", AUTH_STRINGS[name]],
  ])(`Prefect ${CLIENTS[name]} on %s`, (_title, authString) => {
    let server: Server;
    let client: Client;

    beforeAll(async () => {
      server = await startServer({ MILLIWAYS_TICK_SECONDS: "2", ...(authString && { MILLIWAYS_AUTH_STRING: authString }) });
      client = makeClient(name, { apiUrl: server.apiUrl, authString });
    });
    afterAll(async () => {
      await client?.close();
      await server?.stop();
    });

    it("runs a flow with twenty tasks and a subflow to Completed, with everything readable", () => runsLocally(client));
    it("retries a flow and a task that fail, and ends as Failed when there are no more retries", () => retries(client));
    it("creates the runs of a served flow from its schedule, and they are executed", () => serves(client, name));
    it("deploys to a process pool whose worker executes a run", () => deploys(client));
    it.runIf(authString)("refuses a client without credentials", async () => {
      const stranger = makeClient(name, { apiUrl: server.apiUrl });
      try {
        await expect(stranger.prefect("flow-run", "ls")).rejects.toThrow(/401|unauthorized/i);
      } finally {
        await stranger.close();
      }
    });
  });
}

const allCompleted = (taskRuns: FlowRun["task_runs"]) =>
  taskRuns.length > 0 && taskRuns.every(([, state]) => state === "COMPLETED");

async function runsLocally(client: Client): Promise<void> {
  const ids = hello.parse(await client.runFlow("hello.py"));
  expect(ids.result).toBe(380);

  // Logs and events are sent in the background: the last ones may arrive after the process has ended.
  const arrived = (value: FlowRun) =>
    value.task_runs.length === 21 &&
    value.task_runs.every(([, state]) => state === "COMPLETED") &&
    value.logs.includes("hello from the flow") &&
    value.logs.filter((line) => line.startsWith("doubling")).length === 20 &&
    ["prefect.flow-run.Completed", "prefect.task-run.Completed"].every((event) => value.events.includes(event));
  const run = await eventually(() => client.readRun(ids.flow_run_id), arrived);
  expect(run).toMatchObject({ state: "COMPLETED", states: ["Pending", "Running", "Completed"], run_count: 1 });
  const tasks = run.task_runs.map(([task]) => task);
  expect(tasks.filter((task) => task === "double")).toHaveLength(20);
  expect(tasks.filter((task) => task.startsWith("total"))).toHaveLength(1);
  for (let n = 0; n < 20; n++) expect(run.logs).toContain(`doubling ${n}`);
  expect(run.events).toEqual(
    expect.arrayContaining(["prefect.flow-run.Pending", "prefect.flow-run.Running", "prefect.flow-run.Completed"]),
  );
  expect(run.events).toContain("prefect.task-run.Completed");

  const subflow = await eventually(
    () => client.readRun(ids.subflow_run_id),
    ({ logs, task_runs }) => logs.includes("adding 20 numbers") && allCompleted(task_runs),
  );
  expect(subflow).toMatchObject({ state: "COMPLETED", task_runs: [["add", "COMPLETED", 1]] });
  expect(subflow.logs).toContain("adding 20 numbers");

  const listed = await client.prefect("flow-run", "ls");
  expect(listed).toContain(ids.flow_run_id);
  expect(listed).toContain(ids.subflow_run_id);
  expect(listed).toContain("COMPLETED");
  expect(await client.prefect("flow-run", "inspect", ids.flow_run_id)).toContain(run.name);
  const logs = await client.prefect("flow-run", "logs", ids.flow_run_id);
  expect(logs).toContain("doubling 19");
  expect(logs.split("\n").filter((line) => line.includes("doubling"))).toHaveLength(20);
  const taskRuns = await client.prefect("task-run", "ls", "--limit", "100");
  expect(taskRuns.split("\n").filter((line) => line.includes("double-") && line.includes("COMPLETED"))).toHaveLength(20);
  expect(await client.prefect("flow", "ls")).toContain("hello");
}

async function retries(client: Client): Promise<void> {
  const ids = retrying.parse(await client.runFlow("retrying.py"));
  expect(ids).toMatchObject({ result: "lucky", error: "every run fails" });

  const arrived = (value: FlowRun) => value.task_runs.some(([, state]) => state === "COMPLETED");
  const well = await eventually(() => client.readRun(ids.gets_well), arrived);
  expect(well).toMatchObject({
    state: "COMPLETED",
    run_count: 2,
    states: ["Pending", "Running", "AwaitingRetry", "Running", "Completed"],
  });
  expect(well.task_runs).toEqual([["third_time_lucky", "COMPLETED", 3]]);
  expect(well.events).toEqual(expect.arrayContaining(["prefect.flow-run.AwaitingRetry", "prefect.task-run.AwaitingRetry"]));

  const ill = await client.readRun(ids.stays_ill);
  expect(ill).toMatchObject({
    state: "FAILED",
    run_count: 2,
    states: ["Pending", "Running", "AwaitingRetry", "Running", "Failed"],
  });
  expect(ill.message).toContain("every run fails");
  expect(await client.prefect("flow-run", "ls", "--state", "Failed")).toContain(ids.stays_ill);
}

async function serves(client: Client, name: ClientName): Promise<void> {
  const serving = client.startFlow("served.py");
  const done = (runs: FlowRun[]) => runs.filter((run) => run.state === "COMPLETED" && allCompleted(run.task_runs));
  const runs = await eventually(
    () => client.readRunsOf("every-fifteen"),
    (value) => done(value).length >= 2,
  );
  expect(runs.every((run) => run.auto_scheduled)).toBe(true);
  const [first] = done(runs);
  expect(first?.states).toEqual(expect.arrayContaining(["Scheduled", "Pending", "Running", "Completed"]));
  expect(first?.task_runs).toEqual([["work", "COMPLETED", 1]]);

  expect(await client.prefect("deployment", "ls")).toMatch(
    /often\/every-fifteen[\s\S]*sleeper\/on-demand|sleeper\/on-demand[\s\S]*often\/every-fifteen/,
  );
  expect(await client.prefect("deployment", "inspect", "often/every-fifteen")).toContain("every-fifteen");
  await pausesAndResumes(client);
  await cancelsRunning(client, name);

  await serving.interrupt();
  expect(await client.prefect("deployment", "inspect", "often/every-fifteen"), serving.output()).toMatch(/['"]paused['"]: true/i);
}

async function pausesAndResumes(client: Client): Promise<void> {
  const schedules = await client.prefect("deployment", "schedule", "ls", "often/every-fifteen");
  const schedule = ID.exec(schedules)?.[0] ?? "";
  expect(schedule, schedules).not.toBe("");
  const waiting = (runs: FlowRun[]) => runs.filter((run) => run.state === "SCHEDULED");
  await client.prefect("deployment", "schedule", "pause", "often/every-fifteen", schedule);
  const pausedRuns = await eventually(
    () => client.readRunsOf("every-fifteen"),
    (runs) => waiting(runs).length === 0,
  );
  expect(waiting(pausedRuns)).toEqual([]);
  await client.prefect("deployment", "schedule", "resume", "often/every-fifteen", schedule);
  const before = new Set(pausedRuns.map((run) => run.id));
  await eventually(
    () => client.readRunsOf("every-fifteen"),
    (runs) => runs.some((run) => !before.has(run.id) && run.state === "COMPLETED"),
  );
}

async function cancelsRunning(client: Client, name: ClientName): Promise<void> {
  const started = await client.prefect("deployment", "run", "sleeper/on-demand");
  const id = ID.exec(/flow-run.*|UUID.*/i.exec(started)?.[0] ?? started)?.[0] ?? "";
  await eventually(
    () => client.readRun(id),
    (run) => run.state === "RUNNING",
  );
  await client.prefect("flow-run", "cancel", id);
  // A runner of 3.3.0 hears of it, and then fails to end its process on whichever server ("'Process' object cannot be interpreted
  // as an integer"); under a worker it does not (workers.ts).
  const states = name === "seed" ? ["Running", "Cancelling"] : ["Running", "Cancelling", "Cancelled"];
  const cancelled = await eventually(
    () => client.readRun(id),
    (run) =>
      run.states.at(-1) === states.at(-1) && (name === "current" || run.logs.some((log) => log.includes("killing process"))),
  );
  expect(cancelled.states).toEqual(expect.arrayContaining(states));
}

async function deploys(client: Client): Promise<void> {
  await client.prefect("work-pool", "create", "local", "--type", "process");
  await client.prefect("deploy", "pooled.py:pooled", "--name", "on-pool", "--pool", "local", "--tag", "e2e");
  const worker = client.startPrefect("worker", "start", "--pool", "local", "--type", "process", "--name", "e2e-worker");
  const started = await client.prefect("deployment", "run", "pooled/on-pool", "--param", "name=Arthur");
  const id = ID.exec(/flow-run.*|UUID.*/i.exec(started)?.[0] ?? started)?.[0] ?? "";
  const isOver = (run: FlowRun) =>
    ["FAILED", "CRASHED"].includes(run.state) ||
    (run.state === "COMPLETED" && allCompleted(run.task_runs) && run.logs.includes("Hello, Arthur"));
  const run = await eventually(() => client.readRun(id), isOver).catch((error) => {
    throw new Error(`${error.message}\n${worker.output()}`);
  });
  expect(run, worker.output()).toMatchObject({
    state: "COMPLETED",
    task_runs: [["greet", "COMPLETED", 1]],
    auto_scheduled: false,
  });
  expect(await client.prefect("flow-run", "logs", id)).toContain("Hello, Arthur");

  await worker.interrupt();
  // Without a worker a run waits, and is cancelled at once.
  const later = await client.prefect("deployment", "run", "pooled/on-pool", "--start-in", "1 hour");
  const waiting = ID.exec(/flow-run.*|UUID.*/i.exec(later)?.[0] ?? later)?.[0] ?? "";
  await client.prefect("flow-run", "cancel", waiting);
  expect(await client.readRun(waiting)).toMatchObject({ state: "CANCELLED", run_count: 0 });
  expect(await client.prefect("deployment", "inspect", "pooled/on-pool")).toContain("local");
}

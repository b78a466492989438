import { randomUUID } from "node:crypto";
import { createClient } from "@libsql/client/http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basic } from "../support/keys.ts";
import { openSocket } from "../support/socket.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

const password = "admin:password";

describe("/events/in for clients that send no credentials", () => {
  let worker: TestWorker;
  let flow_id: string;
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { ...basic(password), "content-type": "application/json" };
    const response = await fetch(`${worker.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: response.status === 204 ? null : ((await response.json()) as Record<string, never>) };
  };
  const newRun = async (type = "RUNNING"): Promise<string> =>
    String((await ask("POST", "/flow_runs/", { flow_id, state: { type } })).body?.id);
  beforeAll(async () => {
    worker = await startWorker({ MILLIWAYS_AUTH_STRING: password, MILLIWAYS_LEGACY_SOCKETS: "1" });
    flow_id = String((await ask("POST", "/flows/", { name: "f" })).body?.id);
  });
  afterAll(() => worker.dispose());

  const relatedTo = (run: string) => ({ "prefect.resource.id": `prefect.flow-run.${run}`, "prefect.resource.role": "flow-run" });
  const eventOf = (run: string, more: object = {}) => ({
    id: randomUUID(),
    occurred: new Date().toISOString(),
    event: "my.event",
    resource: { "prefect.resource.id": "x" },
    related: [relatedTo(run)],
    ...more,
  });
  const taskEvent = (run: string, task: string, state = "RUNNING") =>
    eventOf(run, {
      event: "prefect.task-run.Running",
      resource: { "prefect.resource.id": `prefect.task-run.${task}`, "prefect.orchestration": "client" },
      payload: {
        validated_state: { type: state, name: state },
        task_run: { task_key: `t-${task}`, dynamic_key: "0", name: "reported" },
      },
    });
  const open = (on = worker) => openSocket(`${on.url}/events/in`, { protocols: [] });
  const isStored = async (id: string): Promise<boolean> =>
    Number((await ask("POST", "/events/filter", { filter: { id: { id: [id] } } })).body?.total) === 1;
  /** Sends events on a socket of its own; returns which of them are stored. */
  const report = async (...events: { id: string }[]): Promise<boolean[]> => {
    const socket = await open();
    socket.send(...events);
    await socket.close();
    expect(socket.unread(), "nothing is read back").toEqual([]);
    return Promise.all(events.map(({ id }) => isStored(id)));
  };

  it("takes events and task runs of a run that is not in a final state", async () => {
    const [run, task] = [await newRun(), randomUUID()];
    expect(await report(eventOf(run), taskEvent(run, task))).toEqual([true, true]);
    expect((await ask("GET", `/task_runs/${task}`)).body).toMatchObject({
      name: "reported",
      flow_run_id: run,
      state_type: "RUNNING",
    });
  });

  it("takes what a client had queued when its run ended, and nothing half a minute later", async () => {
    const run = await newRun();
    await ask("POST", `/flow_runs/${run}/set_state`, { state: { type: "COMPLETED" } });
    expect(await report(eventOf(run))).toEqual([true]);
    const client = createClient({ url: worker.databaseUrl });
    await client.execute({ sql: "update flow_run set state_timestamp = state_timestamp - 31000000 where id = ?", args: [run] });
    client.close();
    const task = randomUUID();
    expect(await report(eventOf(run), taskEvent(run, task))).toEqual([false, false]);
    expect((await ask("GET", `/task_runs/${task}`)).status).toBe(404);
  });

  it("drops what names no run, an unknown run, or another one beside its own", async () => {
    const [run, unknown] = [await newRun(), randomUUID()];
    const dropped = [
      eventOf(run, { related: [] }),
      eventOf(unknown),
      eventOf(run, { related: [relatedTo(run), relatedTo(unknown)] }),
      eventOf(run, { related: [{ ...relatedTo(run), "prefect.resource.id": "prefect.flow-run.x" }] }),
      taskEvent(unknown, randomUUID()),
    ];
    expect(await report(...dropped, eventOf(run))).toEqual([false, false, false, false, false, true]);
    expect(worker.log()).toContainEqual(
      expect.objectContaining({ level: "warn", socket: "/events/in without credentials", dropped: dropped.length }),
    );
  });

  it("drops what the server alone tells of a run", async () => {
    const run = await newRun();
    const names = ["prefect.flow-run.Failed", "prefect.deployment.created", "prefect.automation.action.failed"];
    expect(await report(...names.map((event) => eventOf(run, { event })))).toEqual([false, false, false]);
    expect(await report(eventOf(run, { event: "prefect.flow-run.heartbeat" }))).toEqual([true]);
  });

  it("takes no task run over from another flow run", async () => {
    const [mine, other] = [await newRun(), await newRun()];
    const made = await ask("POST", "/task_runs/", { flow_run_id: other, task_key: "k", dynamic_key: "0", name: "theirs" });
    const task = String(made.body?.id);
    expect(await report(taskEvent(mine, task, "FAILED"))).toEqual([false]);
    expect((await ask("GET", `/task_runs/${task}`)).body).toMatchObject({ name: "theirs", flow_run_id: other });
  });

  it("ends a flood of events that are dropped, and one of events that are taken", async () => {
    const [run, unknown] = [await newRun(), randomUUID()];
    const reason = "Too many events without credentials";
    const dropped = await open();
    dropped.send(...Array.from({ length: 1_500 }, () => eventOf(unknown)));
    expect(await dropped.closed()).toEqual({ code: 1008, reason });
    const taken = await open();
    const started = Date.now();
    const text = JSON.stringify(eventOf(run));
    // Faster than two hundred a second, however slow the machine is.
    while (taken.raw.readyState === taken.raw.OPEN && Date.now() - started < 50_000) {
      taken.send(...Array.from({ length: 1_000 }, () => text));
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise<void>((resolve) => taken.raw.ping(undefined, undefined, () => resolve()));
    }
    expect(await taken.closed()).toMatchObject({ code: expect.toBeOneOf([1008, 1013]) });
  });

  it("opens no other socket, and lets no wrong credentials in", async () => {
    for (const path of ["/events/out", "/logs/out", "/task_runs/subscriptions/scheduled"]) {
      const socket = await openSocket(`${worker.url}${path}`, { protocols: [] });
      socket.send({ type: "filter", filter: {} });
      expect(await socket.closed()).toMatchObject({ code: 1008 });
      expect(socket.unread()).toEqual([]);
    }
    const event = eventOf(await newRun());
    const wrong = await openSocket(`${worker.url}/events/in`, { protocols: [], headers: basic("admin:wrong") });
    wrong.send(event);
    expect(await wrong.closed()).toMatchObject({ code: 1008 });
    const newer = await openSocket(`${worker.url}/events/in`);
    newer.send(event);
    expect(await newer.closed()).toMatchObject({ code: 1008 });
    expect(await isStored(event.id)).toBe(false);
  });

  it("is refused without the setting, as before", async () => {
    const strict = await startWorker({ MILLIWAYS_AUTH_STRING: password });
    try {
      const socket = await open(strict);
      socket.send(eventOf(randomUUID()));
      expect(await socket.closed()).toEqual({ code: 1008, reason: "Expected 'auth' message" });
    } finally {
      await strict.dispose();
    }
  });
});

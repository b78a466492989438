import { randomUUID } from "node:crypto";
import { createClient } from "@libsql/client/http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { abandonment, recoverTaskRuns } from "../../src/services/recover-task-runs.ts";
import { openDatabase } from "../../src/store/client.ts";
import { readAbandoned } from "../../src/store/task-run-deliveries/read.ts";
import { openSocket, type TestSocket } from "../support/socket.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

// What another isolate or a test itself has written is found by the slow poll alone.
const otherIsolates = { MILLIWAYS_SOCKET_POLL_SECONDS: "0.3" };

const path = "/task_runs/subscriptions/scheduled";
const auth = { type: "auth", token: null };
const ack = { type: "ack" };
const quit = { type: "quit" };

interface Listed {
  readonly identifier: string;
  readonly task_keys: string[];
  readonly timestamp: string;
}

const deferred = (more: object = {}) => ({ type: "SCHEDULED", state_details: { deferred: true }, ...more });

async function make(worker: TestWorker, task_key: string, state: object = deferred()): Promise<string> {
  const answer = await worker.post("/task_runs/", { name: "job", task_key, dynamic_key: randomUUID(), state });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function makeMany(worker: TestWorker, task_key: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await make(worker, task_key));
  return ids;
}

async function subscribe(worker: TestWorker, keys: string[], client_id = "host-1"): Promise<TestSocket> {
  const socket = await openSocket(`${worker.url}${path}`);
  socket.send(auth, { type: "subscribe", keys, client_id });
  expect(await socket.next()).toEqual({ type: "auth_success" });
  return socket;
}

/** Takes and acknowledges runs until the socket is closed. */
async function takeUntilClosed(socket: TestSocket, took: (id: string) => void): Promise<void> {
  for (;;) {
    const run = await socket.next().catch(() => null);
    if (run === null) return;
    took(run.id);
    socket.send(ack);
  }
}

/** Takes and acknowledges runs until one that is made now, which is the last in their order; returns the others, and ends the socket. */
async function takeAll(worker: TestWorker, keys: string[]): Promise<string[]> {
  const last = await make(worker, keys.at(-1) ?? "");
  const socket = await subscribe(worker, keys);
  const ids: string[] = [];
  await takeUntilClosed(socket, (id) => {
    if (id === last) socket.raw.close(1000);
    else ids.push(id);
  });
  return ids;
}

const setState = (worker: TestWorker, id: string, state: object, force = false) =>
  worker.post(`/task_runs/${id}/set_state`, { state, force });

const listed = async (worker: TestWorker, body: object = {}): Promise<Listed[]> =>
  (await (await worker.post("/task_workers/filter", body)).json()) as Listed[];

describe(path, () => {
  let worker: TestWorker;
  let other: TestWorker;
  beforeAll(async () => {
    worker = await startWorker(otherIsolates);
    other = await startWorker({ ...otherIsolates, TURSO_DATABASE_URL: worker.databaseUrl });
  });
  afterAll(() => Promise.all([worker.dispose(), other.dispose()]));

  const query = async (sql: string, ...args: (string | number)[]) => {
    const client = createClient({ url: worker.databaseUrl });
    const { rows } = await client.execute({ sql, args });
    client.close();
    return rows;
  };
  const waiting = async (key: string) =>
    Number((await query("select count(*) as n from task_run_delivery where task_key = ? and acknowledged is null", key))[0]?.n);

  it("sends one task run after the other, as reads show it, oldest first, whatever its scheduled time", async () => {
    const key = randomUUID();
    const first = await make(
      worker,
      key,
      deferred({ state_details: { deferred: true, scheduled_time: "2099-01-01T00:00:00Z" } }),
    );
    const second = await make(worker, key);
    const socket = await subscribe(worker, [key]);
    const run = await socket.next();
    const read = (await (await fetch(`${worker.url}/task_runs/${first}`)).json()) as object;
    expect(run).toEqual({ ...read, estimated_start_time_delta: run.estimated_start_time_delta });
    const beside = await subscribe(other, [key]);
    expect((await beside.next()).id, "is not on its way to the first one, which has not acknowledged").toBe(second);
    beside.send(ack);
    await beside.close();
    socket.send(ack);
    await expect.poll(() => waiting(key)).toBe(0);
    const later = await make(worker, key);
    expect((await socket.next()).id).toBe(later);
    socket.send(ack);
    await socket.close();
    expect(await takeAll(worker, [key])).toEqual([]);
  });

  it("leaves out what is not deferred or not scheduled", async () => {
    const key = randomUUID();
    await make(worker, key, { type: "SCHEDULED" });
    await make(worker, key, { type: "PENDING", state_details: { deferred: true } });
    expect(await waiting(key)).toBe(0);
  });

  it("looks at the keys in their order, and at retries first", async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const inB = await makeMany(worker, b, 2);
    const inA = await makeMany(worker, a, 3);
    const again = await make(worker, a, { type: "RUNNING" });
    const retry = deferred({ name: "AwaitingRetry" });
    expect((await setState(worker, again, retry, true)).status).toBe(201);
    expect(await takeAll(worker, [a, b])).toEqual([again, ...inA, ...inB]);
  });

  it("delivers each of many runs once to subscribers of two isolates", async () => {
    const key = randomUUID();
    const ids = await Promise.all(Array.from({ length: 80 }, () => make(worker, key)));
    const sockets = await Promise.all([worker, other, worker, other].map((on, i) => subscribe(on, [key], `host-${i}`)));
    const taken: string[] = [];
    const taking = sockets.map((socket) => takeUntilClosed(socket, (id) => taken.push(id)));
    await expect.poll(() => waiting(key), { timeout: 20_000 }).toBe(0);
    await Promise.all(sockets.map((socket) => socket.close()));
    await Promise.all(taking);
    expect(taken.sort()).toEqual([...ids].sort());
  });

  it("gives a run that was not acknowledged to the next subscriber, ahead of the others", async () => {
    const key = randomUUID();
    const [first = "", ...rest] = await makeMany(worker, key, 3);
    const lost = await subscribe(worker, [key]);
    expect((await lost.next()).id).toBe(first);
    const next = await subscribe(other, [key]);
    expect((await next.next()).id).toBe(rest[0]);
    lost.raw.terminate();
    await expect
      .poll(async () => (await query("select lease_token from task_run_delivery where task_run_id = ?", first))[0]?.lease_token)
      .toBeNull();
    next.send(ack);
    expect((await next.next()).id).toBe(first);
    next.send(ack);
    expect((await next.next()).id).toBe(rest[1]);
    next.send(ack);
    await next.close();
  });

  it("delivers again what an isolate had sent when it ended, once its lease is over, and not before", async () => {
    const key = randomUUID();
    const doomed = await startWorker({ ...otherIsolates, TURSO_DATABASE_URL: worker.databaseUrl });
    const id = await make(worker, key);
    expect((await (await subscribe(doomed, [key])).next()).id).toBe(id);
    await query("update task_run_delivery set lease_token = 'of an isolate that is gone' where task_run_id = ?", id);
    await doomed.dispose();
    const socket = await subscribe(worker, [key]);
    const beside = await make(worker, key);
    expect((await socket.next()).id, "comes before the older one, whose lease is not over").toBe(beside);
    socket.send(ack);
    await query("update task_run_delivery set leased_until = ? where task_run_id = ?", Date.now() * 1000, id);
    expect((await socket.next()).id).toBe(id);
    socket.send(ack);
    await socket.close();
  });

  it("delivers what waited while no server ran", async () => {
    const key = randomUUID();
    const before = await startWorker(otherIsolates);
    const ids = await makeMany(before, key, 3);
    await before.dispose();
    const after = await startWorker({ ...otherIsolates, TURSO_DATABASE_URL: before.databaseUrl });
    expect(await takeAll(after, [key])).toEqual(ids);
    await after.dispose();
  });

  it("does not deliver what was started or cancelled meanwhile", async () => {
    const key = randomUUID();
    const [cancelled = "", started = "", claimed = "", left = ""] = await makeMany(worker, key, 4);
    await setState(worker, cancelled, { type: "CANCELLED" }, true);
    await setState(worker, claimed, { type: "PENDING", state_details: { deferred: true } });
    const told = {
      id: randomUUID(),
      occurred: new Date(Date.now() + 1_000).toISOString(),
      event: "prefect.task-run.Pending",
      resource: { "prefect.resource.id": `prefect.task-run.${started}`, "prefect.orchestration": "client" },
      payload: {
        validated_state: { type: "PENDING", name: "Pending" },
        task_run: { name: "job", task_key: key, dynamic_key: "x" },
      },
    };
    expect((await worker.post("/events", [told])).status).toBe(204);
    expect(await takeAll(worker, [key])).toEqual([left]);
  });

  it("delivers a run that is scheduled anew once", async () => {
    const key = randomUUID();
    const id = await make(worker, key);
    await setState(worker, id, deferred(), true);
    await setState(worker, id, deferred(), true);
    expect(await takeAll(worker, [key])).toEqual([id]);
  });

  it("counts a run as delivered when the client quits instead of acknowledging", async () => {
    const key = randomUUID();
    await make(worker, key);
    const socket = await subscribe(worker, [key]);
    await socket.next();
    socket.send(quit);
    expect(await socket.closed()).toEqual({ code: 1000, reason: "" });
    expect(await waiting(key)).toBe(0);
  });

  it("ends with 4001 on another answer, and gives the run back", async () => {
    const key = randomUUID();
    const id = await make(worker, key);
    const socket = await subscribe(worker, [key]);
    await socket.next();
    socket.send({ type: "thanks" });
    expect(await socket.closed()).toEqual({ code: 4001, reason: "Protocol violation: expected 'ack' message" });
    expect(await takeAll(worker, [key])).toEqual([id]);
  });

  it.each([
    [{ type: "unsubscribe" }, "expected 'subscribe' message"],
    [{ type: "subscribe", keys: [], client_id: "x" }, "expected 'keys' in subscribe message"],
    [{ type: "subscribe", client_id: "x" }, "expected 'keys' in subscribe message"],
    [{ type: "subscribe", keys: ["k"] }, "expected 'client_id' in subscribe message"],
  ])("refuses %j with 4001", async (message, reason) => {
    const socket = await openSocket(`${worker.url}${path}`);
    socket.send(auth, message);
    expect(await socket.next()).toEqual({ type: "auth_success" });
    expect(await socket.closed()).toEqual({ code: 4001, reason: `Protocol violation: ${reason}` });
  });

  it("ends with a code on which clients come back when its requests are spent, and loses nothing", async () => {
    const key = randomUUID();
    const small = await startWorker({
      ...otherIsolates,
      TURSO_DATABASE_URL: worker.databaseUrl,
      MILLIWAYS_SOCKET_REQUESTS: "16",
    });
    const ids = await makeMany(worker, key, 20);
    const taken: string[] = [];
    for (let i = 0; i < 20 && taken.length < ids.length; i++) {
      const socket = await subscribe(small, [key]);
      await takeUntilClosed(socket, (id) => taken.push(id));
      expect(await socket.closed()).toEqual({ code: 1012, reason: "Please connect again" });
    }
    expect(taken).toEqual(ids);
    await small.dispose();
  });

  it("lists who is connected to any isolate, by the keys, until the socket ends", async () => {
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
    const one = await subscribe(worker, [a, b], "one");
    const same = await subscribe(other, [c], "one");
    const two = await subscribe(other, [b], "two");
    await expect.poll(async () => (await listed(worker)).filter(({ task_keys }) => task_keys.includes(b)).length).toBe(2);
    const names = async (...task_keys: string[]) =>
      (await listed(worker, { task_worker_filter: { task_keys } })).map(({ identifier }) => identifier).sort();
    expect([await names(a), await names(b), await names(c), await names(randomUUID())]).toEqual([
      ["one"],
      ["one", "two"],
      ["one"],
      [],
    ]);
    const [found] = await listed(worker, { task_worker_filter: { task_keys: [a] } });
    expect([...(found?.task_keys ?? [])].sort()).toEqual([a, b, c].sort());
    expect(Math.abs(Date.parse(found?.timestamp ?? "") - Date.now())).toBeLessThan(10_000);
    await Promise.all([one.close(), two.close()]);
    same.raw.terminate();
    await expect.poll(() => names(a, b, c)).toEqual([]);
  });

  it("keeps a worker on the list as long as it is connected, and takes off what an ended isolate left", async () => {
    const key = randomUUID();
    const socket = await subscribe(worker, [key], "patient");
    await query(
      "insert into task_worker (id, identifier, task_keys, last_seen) values (?, 'stale', ?, ?)",
      randomUUID(),
      JSON.stringify([key]),
      Date.now() * 1000 - 11_000_000,
    );
    const seen = async () =>
      (await listed(worker, { task_worker_filter: { task_keys: [key] } })).map((w) => [w.identifier, w.timestamp]);
    await expect.poll(seen).toMatchObject([["patient", expect.anything()]]);
    const [[, before]] = (await seen()) as [[string, string]];
    await expect.poll(async () => (await seen())[0]?.[1], { timeout: 20_000, interval: 300 }).not.toBe(before);
    await socket.close();
  });

  describe("task runs of a worker that went away", () => {
    const parameters = "0123abcd-0000-4000-8000-000000000001";
    const withParameters = deferred({ state_details: { deferred: true, task_parameters_id: parameters } });
    const report = async (id: string, key: string, type: string) => {
      const told = {
        id: randomUUID(),
        occurred: new Date().toISOString(),
        event: `prefect.task-run.${type}`,
        resource: { "prefect.resource.id": `prefect.task-run.${id}`, "prefect.orchestration": "client" },
        payload: {
          validated_state: { type: type.toUpperCase(), name: type, state_details: { deferred: true } },
          task_run: { name: "job", task_key: key, dynamic_key: id },
        },
      };
      expect((await worker.post("/events", [told])).status).toBe(204);
    };
    const recover = async (key: string, seconds: number) => {
      const now = () => Date.now() * 1_000;
      const deps = { db: openDatabase({ url: worker.databaseUrl }), now, newId: randomUUID, random: Math.random };
      const then = now() + seconds * 1_000_000;
      const found = await readAbandoned(deps.db, [key], abandonment({ now: then, staysAlive: 10_000_000 }));
      return recoverTaskRuns(deps, found, then);
    };
    const isHeld = async (id: string) =>
      (await query("select acknowledged from task_run_delivery where task_run_id = ?", id))[0]?.acknowledged != null;
    const isLost = async (identifier: string) =>
      (await query("select lost from task_worker where identifier = ?", identifier))[0]?.lost != null;
    /** Has a worker acknowledge these runs. */
    const hold = async (key: string, ids: readonly string[], identifier: string) => {
      const socket = await subscribe(worker, [key], identifier);
      for (const id of ids) {
        expect((await socket.next()).id).toBe(id);
        socket.send(ack);
      }
      await expect.poll(async () => (await Promise.all(ids.map(isHeld))).every(Boolean)).toBe(true);
      return socket;
    };
    const breakOff = async (socket: TestSocket, identifier: string) => {
      socket.raw.terminate();
      await expect.poll(() => isLost(identifier)).toBe(true);
    };

    it("wait anew for another one after a while, running or not, with their parameters, unless they are over", async () => {
      const [key, host] = [randomUUID(), randomUUID()];
      const ids = [
        await make(worker, key, withParameters),
        await make(worker, key, withParameters),
        await make(worker, key, withParameters),
      ];
      const [unstarted = "", running = "", done = ""] = ids;
      const socket = await hold(key, ids, host);
      await report(running, key, "Pending");
      await report(running, key, "Running");
      await report(done, key, "Completed");
      await breakOff(socket, host);
      expect(await recover(key, 40)).toBe(0);
      expect(await recover(key, 46)).toBe(2);
      expect(await recover(key, 46)).toBe(0);
      const next = await subscribe(other, [key]);
      for (const id of [unstarted, running]) {
        const run = await next.next();
        expect(run).toMatchObject({
          id,
          state: {
            type: "SCHEDULED",
            name: "AwaitingRetry",
            message: "The task worker that ran this task went away.",
            state_details: { deferred: true, task_parameters_id: parameters },
          },
        });
        next.send(ack);
      }
      await next.close();
    });

    it("stay with a worker that came back, and with one that said goodbye", async () => {
      const [key, host, polite] = [randomUUID(), randomUUID(), randomUUID()];
      const id = await make(worker, key);
      await breakOff(await hold(key, [id], host), host);
      const back = await subscribe(other, [key], host);
      const second = await make(worker, key);
      expect((await back.next()).id).toBe(second);
      expect(await recover(key, 46)).toBe(0);
      back.send(ack);
      await back.close();
      const third = await make(worker, key);
      await (await hold(key, [third], polite)).close();
      await expect.poll(async () => (await query("select 1 from task_worker where identifier = ?", polite)).length).toBe(0);
      expect(await recover(key, 1_000)).toBe(0);
    });

    it("stay with a worker whose isolate ended: everything may have been restarted", async () => {
      const [key, host] = [randomUUID(), randomUUID()];
      const id = await make(worker, key);
      const doomed = await startWorker({ ...otherIsolates, TURSO_DATABASE_URL: worker.databaseUrl });
      const socket = await subscribe(doomed, [key], host);
      expect((await socket.next()).id).toBe(id);
      socket.send(ack);
      await expect.poll(() => isHeld(id)).toBe(true);
      await doomed.dispose();
      expect(await recover(key, 1_000)).toBe(0);
    });

    it("are given to another one three times at most", async () => {
      const key = randomUUID();
      const id = await make(worker, key);
      const counts: number[] = [];
      for (let i = 0; i < 4; i++) {
        const host = randomUUID();
        await breakOff(await hold(key, [id], host), host);
        counts.push(await recover(key, 46));
      }
      expect(counts).toEqual([1, 1, 1, 0]);
    });
  });
});

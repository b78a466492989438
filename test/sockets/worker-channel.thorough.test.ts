import { randomUUID } from "node:crypto";
import { createClient } from "@libsql/client/http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSocket, type TestSocket } from "../support/socket.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

// What another isolate or a test itself has written is found by the slow poll alone.
const otherIsolates = { MILLIWAYS_SOCKET_POLL_SECONDS: "0.3" };

const auth = { type: "auth", token: null };
const required = ["worker_heartbeat.v1", "work_pool_snapshot.v1"];
const kind = "cancelling_timeout_teardown.v1";
const cleaning = { requested_capabilities: [...required, "cleanup_delivery.v1"], handled_cleanup_kinds: [kind] };
const template = {
  job_configuration: { command: "{{ command }}" },
  variables: { type: "object", properties: { command: { type: "string", default: "true" } } },
};

const frame = (type: string, payload: object, more: object = {}) => ({
  type,
  id: randomUUID(),
  sent_at: new Date().toISOString(),
  payload,
  ...more,
});

const hello = (more: object = {}) =>
  frame("worker.hello.v1", {
    consumer_id: randomUUID(),
    worker_name: "w",
    worker_type: "process",
    heartbeat_interval_seconds: 30,
    supported_channel_versions: ["work_pool_worker_channel.v1"],
    requested_capabilities: required,
    ...more,
  });

describe("the worker channel", () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker(otherIsolates);
  });
  afterAll(() => worker.dispose());

  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${worker.url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return text === "" ? null : JSON.parse(text);
  };
  const query = async (sql: string, ...args: (string | number | null)[]) => {
    const client = createClient({ url: worker.databaseUrl });
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          return (await client.execute({ sql, args })).rows;
        } catch (error) {
          // Others write at the same time.
          if (attempt === 50 || !String(error).includes("SQLITE_BUSY")) throw error;
        }
      }
    } finally {
      client.close();
    }
  };
  const makePool = (more: object = {}) =>
    call("POST", "/work_pools/", { name: randomUUID(), type: "process", base_job_template: template, ...more });
  const connect = async (pool: string, on = worker): Promise<TestSocket> => {
    const socket = await openSocket(`${on.url}/work_pools/${encodeURIComponent(pool)}/workers/connect`);
    socket.send(auth);
    expect(await socket.next()).toEqual({ type: "auth_success" });
    return socket;
  };
  const join = async (pool: string, more: object = {}) => {
    const socket = await connect(pool);
    const greeting = hello(more);
    socket.send(greeting);
    const ready = await socket.next();
    expect(ready).toMatchObject({ type: "worker.ready.v1", id: expect.any(String), sent_at: expect.any(String) });
    const { consumer_id, worker_name } = { worker_name: "w", ...greeting.payload } as {
      consumer_id: string;
      worker_name: string;
    };
    const beat = (changes: object = {}) =>
      socket.send(frame("worker.heartbeat.v1", { consumer_id, worker_name, heartbeat_interval_seconds: 30, ...changes }));
    return { socket, ready: ready.payload, consumer_id, beat };
  };
  const endOf = async (pool: string, message: unknown) => {
    const socket = await connect(pool);
    socket.send(message);
    const { code, reason } = await socket.closed();
    return `${code} ${reason}`;
  };

  it("keeps floats in the template that a worker brings, and takes them for whole numbers", async () => {
    const pool = randomUUID();
    const brought = '{"job_configuration":{"cpu":2.0},"variables":{"properties":{"cpu":{"default":1e3}}}}';
    const kept = brought.replace("1e3", "1000.0");
    const greeting = hello({ create_pool_if_not_found: true, default_base_job_template: "@", heartbeat_interval_seconds: "@20" });
    const socket = await connect(pool);
    const texts: string[] = [];
    socket.raw.on("message", (data) => texts.push(String(data)));
    socket.raw.send(JSON.stringify(greeting).replace('"@"', brought).replace('"@20"', "20.0"));
    expect((await socket.next()).payload.effective_heartbeat_interval_seconds).toBe(20);
    expect(texts.join()).toContain(`"base_job_template":${kept}`);
    expect(await (await fetch(`${worker.url}/work_pools/${pool}`)).text()).toContain(`"base_job_template":${kept}`);
    await socket.close();
  });

  it("greets a worker with what it gets, its queues and the pool", async () => {
    const pool = await makePool({ name: `two words? ${randomUUID()}`, concurrency_limit: 4 });
    await call("POST", `/work_pools/${encodeURIComponent(pool.name)}/queues`, { name: "q" });
    const { socket, ready, consumer_id } = await join(pool.name, {
      requested_capabilities: [...required, "dance.v1", "cleanup_delivery.v1"],
      heartbeat_interval_seconds: 20,
    });
    const stored = await call("GET", `/work_pools/${encodeURIComponent(pool.name)}`);
    expect(stored.status).toBe("READY");
    expect(ready).toEqual({
      consumer_id,
      worker_id: null,
      selected_channel_version: "work_pool_worker_channel.v1",
      effective_heartbeat_interval_seconds: 20,
      accepted_capabilities: required,
      rejected_capabilities: ["dance.v1", "cleanup_delivery.v1"],
      effective_max_cleanup_concurrency: 0,
      resolved_work_queues: [
        { id: pool.default_queue_id, name: "default" },
        { id: expect.any(String), name: "q" },
      ],
      initial_snapshot: { snapshot_sequence: 1, reason: "initial", work_pool: stored },
    });
    const [listed] = await call("POST", `/work_pools/${encodeURIComponent(pool.name)}/workers/filter`);
    expect(listed).toMatchObject({ name: "w", status: "ONLINE", heartbeat_interval_seconds: 20 });
    await socket.close();
  });

  it("gives cleanups to one who can, one at a time unless it says otherwise", async () => {
    const pool = await makePool();
    for (const [more, concurrency] of [
      [{}, 1],
      [{ max_cleanup_concurrency: 3 }, 3],
      [{ max_cleanup_concurrency: 0 }, 0],
    ] as const) {
      const { ready, socket } = await join(pool.name, { ...cleaning, ...more });
      expect(ready.effective_max_cleanup_concurrency).toBe(concurrency);
      expect(ready.accepted_capabilities).toHaveLength(concurrency > 0 ? 3 : 2);
      await socket.close();
    }
  });

  it("takes the named queues in their order, each once", async () => {
    const pool = await makePool();
    await call("POST", `/work_pools/${pool.name}/queues`, { name: "q" });
    const { ready } = await join(pool.name, { work_queue_names: ["q", "default", "q"] });
    expect(ready.resolved_work_queues.map(({ name }: { name: string }) => name)).toEqual(["q", "default"]);
  });

  it("makes the pool that is missing, once for several workers, with the worker's template", async () => {
    const name = randomUUID();
    const wish = { create_pool_if_not_found: true, default_base_job_template: template, work_queue_names: ["default"] };
    const joined = await Promise.all([1, 2, 3].map((n) => join(name, { ...wish, worker_name: `w${n}` })));
    const pool = await call("GET", `/work_pools/${name}`);
    expect(pool).toMatchObject({ type: "process", base_job_template: template, status: "READY" });
    for (const { ready } of joined) expect(ready.initial_snapshot.work_pool.id).toBe(pool.id);
    expect(await call("POST", `/work_pools/${name}/workers/filter`)).toHaveLength(3);
    const { events } = await call("POST", "/events/filter", { filter: { resource: { id: [`prefect.work-pool.${pool.id}`] } } });
    expect(events.map((e: { event: string }) => e.event)).toEqual(["prefect.work-pool.ready", "prefect.work-pool.created"]);
  });

  it("fills an empty template and tells it, and keeps one that is there", async () => {
    const pool = await makePool({ base_job_template: {} });
    const { ready } = await join(pool.name, { default_base_job_template: template });
    expect(ready.initial_snapshot.work_pool.base_job_template).toEqual(template);
    const other = { job_configuration: { a: "b" }, variables: { type: "object" } };
    const second = await join(pool.name, { default_base_job_template: other });
    expect(second.ready.initial_snapshot.work_pool.base_job_template).toEqual(template);
    const events = await call("POST", "/events/filter", {
      filter: { resource: { id: [`prefect.work-pool.${pool.id}`] }, event: { name: ["prefect.work-pool.updated"] } },
    });
    expect(events.events.map((e: { payload: object }) => e.payload)).toMatchObject([{ updated_fields: ["base_job_template"] }]);
  });

  it("refuses whom it cannot serve with the word that its client knows", async () => {
    const { name } = await makePool();
    const create = { create_pool_if_not_found: true };
    expect(await endOf(randomUUID(), hello())).toBe("1008 authorization_failed");
    expect(await endOf("Prefect-x", hello(create))).toBe("1008 authorization_failed");
    expect(await endOf(name, hello({ work_queue_names: ["nope"] }))).toBe("1008 authorization_failed");
    expect(await endOf(name, hello({ supported_channel_versions: ["v9"] }))).toBe("1008 unsupported_version");
    const other = randomUUID();
    expect(await endOf(other, hello({ ...create, work_queue_names: ["nope"] }))).toBe("1008 authorization_failed");
    const broken = { job_configuration: { a: "{{ undeclared }}" }, variables: { properties: { b: {} } } };
    expect(await endOf(other, hello({ ...create, default_base_job_template: broken }))).toBe("1002 protocol_error");
    expect(await call("GET", `/work_pools/${other}`)).toEqual({ detail: `Work pool "${other}" not found.` });
  });

  it.each([
    ["a heartbeat", frame("worker.heartbeat.v1", { consumer_id: randomUUID(), worker_name: "w", heartbeat_interval_seconds: 1 })],
    ["no JSON", "hello"],
    ["another type", { type: "nonsense" }],
    ["an unknown member", hello({ colour: "red" })],
    ["an unknown member of the frame", { ...hello(), colour: "red" }],
    ["no name", hello({ worker_name: "" })],
    ["no versions", hello({ supported_channel_versions: [] })],
    ["an interval of 0", hello({ heartbeat_interval_seconds: 0 })],
    ["no snapshots", hello({ requested_capabilities: ["worker_heartbeat.v1"] })],
    ["kinds without the capability", hello({ handled_cleanup_kinds: [kind] })],
    ["concurrency without the capability", hello({ max_cleanup_concurrency: 1 })],
    ["an unknown kind", hello({ ...cleaning, handled_cleanup_kinds: ["sweep.v1"] })],
  ])("ends with protocol_error when the worker begins with %s", async (_, message) => {
    const { name } = await makePool();
    expect(await endOf(name, message)).toBe("1002 protocol_error");
    expect(await call("POST", `/work_pools/${name}/workers/filter`)).toEqual([]);
  });

  it("needs the subprotocol and credentials", async () => {
    const { name } = await makePool();
    await expect(openSocket(`${worker.url}/work_pools/${name}/workers/connect`, { protocols: [] })).rejects.toThrow("403");
    const closed = await startWorker({ ...otherIsolates, MILLIWAYS_AUTH_STRING: "user:secret" });
    const socket = await openSocket(`${closed.url}/work_pools/${name}/workers/connect`);
    socket.send({ type: "auth", token: "wrong" });
    expect(await socket.closed()).toEqual({ code: 1008, reason: "authentication_failed" });
    await closed.dispose();
  });

  it("tells at once what changes for workers, and the rest with the next heartbeat", async () => {
    const { name } = await makePool();
    const { socket, beat } = await join(name);
    await call("PATCH", `/work_pools/${name}`, { concurrency_limit: 7 });
    expect(await socket.next()).toMatchObject({
      type: "work_pool.snapshot.v1",
      payload: { snapshot_sequence: 2, reason: "work_pool_updated", work_pool: { concurrency_limit: 7, active_slots: 0 } },
    });
    await call("PATCH", `/work_pools/${name}`, { is_paused: true });
    expect((await socket.next()).payload).toMatchObject({
      snapshot_sequence: 3,
      work_pool: { is_paused: true, status: "PAUSED" },
    });
    await call("PATCH", `/work_pools/${name}`, { description: "new" });
    beat();
    expect((await socket.next()).payload, "is the first one after the change").toMatchObject({
      snapshot_sequence: 4,
      reason: "heartbeat_reconciliation",
      work_pool: { description: "new" },
    });
    beat({ heartbeat_interval_seconds: 7 });
    const workers = () => call("POST", `/work_pools/${name}/workers/filter`);
    await expect.poll(workers).toMatchObject([{ heartbeat_interval_seconds: 7 }]);
    await call("PATCH", `/work_pools/${name}`, { concurrency_limit: 8 });
    expect((await socket.next()).payload, "is the first one after a heartbeat without changes").toMatchObject({
      snapshot_sequence: 5,
      reason: "work_pool_updated",
    });
    await socket.close();
  });

  it("records heartbeats as the REST operation does", async () => {
    const { name, id } = await makePool();
    const { socket, beat } = await join(name);
    await query("update worker set last_heartbeat_time = 5, status = 'OFFLINE' where work_pool_id = ?", id);
    beat({ heartbeat_interval_seconds: 7 });
    await expect
      .poll(() => call("POST", `/work_pools/${name}/workers/filter`))
      .toMatchObject([{ name: "w", status: "ONLINE", heartbeat_interval_seconds: 7 }]);
    await socket.close();
  });

  it.each([
    [
      "another worker's heartbeat",
      (id: string) => frame("worker.heartbeat.v1", { consumer_id: id, worker_name: "v", heartbeat_interval_seconds: 30 }),
    ],
    [
      "another consumer's heartbeat",
      () => frame("worker.heartbeat.v1", { consumer_id: randomUUID(), worker_name: "w", heartbeat_interval_seconds: 30 }),
    ],
    ["a second hello", () => hello()],
    ["a frame of the server", () => frame("work_pool.snapshot.v1", {})],
    ["no JSON", () => "x"],
    ["an ack without a token", () => frame("cleanup.ack.v1", { message_id: randomUUID(), reservation_token: "" })],
    ["a release without a reason", () => frame("cleanup.release.v1", { message_id: randomUUID(), reservation_token: "x" })],
  ])("ends with protocol_error on %s", async (_, message) => {
    const { name } = await makePool();
    const { socket, consumer_id } = await join(name);
    socket.send(message(consumer_id));
    expect(await socket.closed()).toEqual({ code: 1002, reason: "protocol_error" });
  });

  it("ends when the pool is deleted", async () => {
    const { name } = await makePool();
    const { socket } = await join(name);
    await call("DELETE", `/work_pools/${name}`);
    expect(await socket.closed()).toEqual({ code: 1008, reason: "authorization_failed" });
  });

  it("ends with a code on which workers come back when its requests are spent", async () => {
    const small = await startWorker({
      ...otherIsolates,
      TURSO_DATABASE_URL: worker.databaseUrl,
      MILLIWAYS_SOCKET_REQUESTS: "16",
    });
    const { name } = await makePool();
    const socket = await connect(name, small);
    socket.send(hello());
    expect(await socket.closed(10_000)).toEqual({ code: 1012, reason: "Please connect again" });
    await small.dispose();
  });

  describe("cleanups", () => {
    const enqueue = async (pool: string, more: { queue?: string; age?: number } = {}) => {
      const id = randomUUID();
      const at = Date.now() * 1000 - (more.age ?? 60) * 1_000_000;
      await query(
        "insert into cleanup_message (id, created, updated, kind, work_pool_id, work_queue_id, target) values (?, ?, ?, ?, ?, ?, ?)",
        ...[id, at, at, kind, pool, more.queue ?? null, JSON.stringify({ flow_run_id: id, infrastructure_pid: "pid" })],
      );
      return id;
    };
    const operate = async (socket: TestSocket, operation: string, payload: object) => {
      const asked = frame(`cleanup.${operation}.v1`, payload);
      socket.send(asked);
      const answer = await socket.next();
      expect(answer).toMatchObject({
        type: "cleanup.operation_result.v1",
        payload: { request_frame_id: asked.id, operation, detail: null },
      });
      return answer.payload;
    };
    const stored = async (id: string) => (await query("select * from cleanup_message where id = ?", id))[0];

    it("are delivered, renewed and acknowledged", async () => {
      const pool = await makePool();
      const { socket } = await join(pool.name, cleaning);
      const id = await enqueue(pool.id, { queue: pool.default_queue_id, age: 0 });
      const message = await socket.next();
      expect(message).toMatchObject({
        type: "cleanup.message.v1",
        payload: {
          message_id: id,
          kind,
          delivery_count: 1,
          work_queue_id: pool.default_queue_id,
          target: { flow_run_id: id, infrastructure_pid: "pid" },
          data: {},
        },
      });
      const { reservation_token, lease_expires_at } = message.payload;
      expect(Date.parse(lease_expires_at) - Date.now()).toBeGreaterThan(25_000);
      const reservation = { message_id: id, reservation_token };
      const renewed = await operate(socket, "renew", reservation);
      expect(renewed).toMatchObject({ message_id: id, status: "accepted", reason: null });
      expect(renewed.lease_expires_at > lease_expires_at).toBe(true);
      const guessed = await operate(socket, "ack", { message_id: id, reservation_token: "guessed" });
      expect(guessed).toMatchObject({ status: "invalid_token", reason: "reservation_token_mismatch", lease_expires_at: null });
      expect(await operate(socket, "ack", reservation)).toMatchObject({ status: "accepted", lease_expires_at: null });
      expect(await stored(id)).toBeUndefined();
      expect(await operate(socket, "ack", reservation)).toMatchObject({ status: "not_found", reason: "message_not_found" });
      await socket.close();
    });

    it("are delivered three times and then given up, which is logged", async () => {
      const pool = await makePool();
      const { socket } = await join(pool.name, cleaning);
      const id = await enqueue(pool.id);
      for (const [count, status] of [
        [1, "accepted"],
        [2, "accepted"],
        [3, "dead_lettered"],
      ]) {
        const { payload } = await socket.next(8_000);
        expect(payload).toMatchObject({ message_id: id, delivery_count: count });
        // Who serves the message's own queue is asked first: this one has none.
        await query("update cleanup_message set updated = 0 where id = ?", id);
        const given = { message_id: id, reservation_token: payload.reservation_token, reason: "busy" };
        expect(await operate(socket, "release", given)).toMatchObject({ status });
        await query("update cleanup_message set updated = 0 where id = ?", id);
      }
      await expect(socket.next(1_500)).rejects.toThrow("no message");
      expect(await stored(id)).toMatchObject({ dead_reason: "max_delivery_attempts_reached", release_reason: "busy" });
      expect(worker.log()).toContainEqual({ level: "warn", event: "cleanup given up", messages: [id] });
      await socket.close();
    });

    it("are delivered to another worker when the lease is over, and given up when that was the last time", async () => {
      const pool = await makePool();
      const first = await join(pool.name, cleaning);
      const id = await enqueue(pool.id);
      const { payload } = await first.socket.next();
      const second = await join(pool.name, { ...cleaning, worker_name: "w2" });
      first.socket.raw.terminate();
      await expect(second.socket.next(1_200)).rejects.toThrow("no message");
      await query("update cleanup_message set lease_expires = 1, updated = 0 where id = ?", id);
      const again = await second.socket.next();
      expect(again.payload).toMatchObject({ message_id: id, delivery_count: 2 });
      expect(again.payload.reservation_token).not.toBe(payload.reservation_token);
      const late = await join(pool.name, { ...cleaning, worker_name: "w" });
      const given = { message_id: id, reservation_token: payload.reservation_token };
      expect(await operate(late.socket, "ack", given)).toMatchObject({ status: "invalid_token" });
      await query("update cleanup_message set delivery_count = 3, lease_expires = 1, updated = 0 where id = ?", id);
      await expect.poll(async () => (await stored(id))?.dead_reason, { timeout: 20_000 }).toBe("max_delivery_attempts_reached");
      await Promise.all([second.socket.close(), late.socket.close()]);
    });

    it("are given to each worker only as far as it has room, across its connections", async () => {
      const pool = await makePool();
      const consumer_id = randomUUID();
      const ids = [await enqueue(pool.id, { age: 90 }), await enqueue(pool.id, { age: 80 }), await enqueue(pool.id, { age: 70 })];
      const { socket } = await join(pool.name, { ...cleaning, consumer_id, max_cleanup_concurrency: 2 });
      const given = [(await socket.next()).payload, (await socket.next()).payload];
      expect(given.map(({ message_id }) => message_id)).toEqual(ids.slice(0, 2));
      await expect(socket.next(1_000)).rejects.toThrow("no message");
      socket.raw.terminate();
      const again = await join(pool.name, { ...cleaning, consumer_id, max_cleanup_concurrency: 2 });
      await expect(again.socket.next(1_000)).rejects.toThrow("no message");
      const { message_id, reservation_token } = given[1];
      expect(await operate(again.socket, "ack", { message_id, reservation_token })).toMatchObject({ status: "accepted" });
      expect((await again.socket.next()).payload.message_id).toBe(ids[2]);
    });

    it("go to a worker of their queue, and to others only when nobody of it took them", async () => {
      const pool = await makePool();
      const q = await call("POST", `/work_pools/${pool.name}/queues`, { name: "q" });
      const other = await join(pool.name, { ...cleaning, worker_name: "other", work_queue_names: ["default"] });
      const own = await join(pool.name, { ...cleaning, worker_name: "own", work_queue_names: ["q"] });
      const id = await enqueue(pool.id, { queue: q.id, age: 0 });
      const { payload } = await own.socket.next();
      expect(payload.message_id).toBe(id);
      await operate(own.socket, "ack", { message_id: id, reservation_token: payload.reservation_token });
      await own.socket.close();
      const late = await enqueue(pool.id, { queue: q.id, age: 0 });
      await expect(other.socket.next(2_000)).rejects.toThrow("no message");
      expect((await other.socket.next(8_000)).payload.message_id).toBe(late);
      await other.socket.close();
    });

    it("are nothing for a worker that did not ask, or of another pool", async () => {
      const [pool, elsewhere] = [await makePool(), await makePool()];
      const id = await enqueue(pool.id);
      const { socket } = await join(pool.name);
      await expect(socket.next(800)).rejects.toThrow("no message");
      const asked = { message_id: id, reservation_token: "x" };
      expect(await operate(socket, "ack", asked)).toMatchObject({
        status: "unauthorized",
        reason: "cleanup_delivery_not_accepted",
      });
      const stranger = await join(elsewhere.name, cleaning);
      expect(await operate(stranger.socket, "ack", asked)).toMatchObject({
        status: "unauthorized",
        reason: "work_pool_mismatch",
      });
      await Promise.all([socket.close(), stranger.socket.close()]);
    });
  });
});

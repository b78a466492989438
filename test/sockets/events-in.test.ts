import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { openSocket, type TestSocket } from "../support/socket.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

const auth = { type: "auth", token: null };

const event = (name: string, space: string, more: object = {}) => ({
  id: randomUUID(),
  occurred: new Date().toISOString(),
  event: name,
  resource: { "prefect.resource.id": `${space}.x` },
  ...more,
});

describe("/events/in", () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker();
  });
  afterAll(() => worker.dispose());

  const stored = async (space: string, on = worker) => {
    const answer = await on.post("/events/filter", { filter: { resource: { id_prefix: [space] }, order: "ASC" } });
    const page = (await answer.json()) as { events: { event: string }[]; total: number };
    return { names: page.events.map((e) => e.event), total: page.total };
  };
  const open = async (on = worker): Promise<TestSocket> => {
    const socket = await openSocket(`${on.url}/events/in`);
    socket.send(auth);
    expect(await socket.next()).toEqual({ type: "auth_success" });
    return socket;
  };

  it("has stored all events when it answers a goodbye", async () => {
    const space = randomUUID();
    const socket = await open();
    expect(socket.protocol).toBe("prefect");
    socket.send(...Array.from({ length: 500 }, (_, i) => event(String(i), space)));
    await socket.close();
    expect((await stored(space)).total).toBe(500);
    expect(socket.unread()).toEqual([]);
  });

  it("keeps floats and long integers as they were sent, and so does all of the Worker", async () => {
    const space = randomUUID();
    const numbers = '{"a":2.0,"b":[9007199254740993,-0.0,1000.0],"c":2}';
    const socket = await open();
    socket.raw.send(JSON.stringify(event("float", space, { payload: { numbers: "@" } })).replaceAll('"@"', numbers));
    await socket.close();
    const text = async (path: string, body: string) => {
      const headers = { "content-type": "application/json" };
      return (await fetch(`${worker.url}${path}`, { method: "POST", headers, body })).text();
    };
    expect(await text("/events/filter", `{"filter":{"resource":{"id_prefix":["${space}"]}}, "limit": 10.0}`)).toContain(
      `"payload":{"numbers":${numbers}}`,
    );
    expect(
      await text("/flows/", `{"name":"${space}","labels":${numbers.replace("[9007199254740993,-0.0,1000.0]", "1e3")}}`),
    ).toContain('"labels":{"a":2.0,"b":1000.0,"c":2}');
  });

  it("stores events that came before a connection was cut", async () => {
    const space = randomUUID();
    const socket = await open();
    socket.send(...Array.from({ length: 300 }, (_, i) => event(String(i), space)));
    await new Promise<void>((resolve) => {
      socket.raw.ping();
      socket.raw.once("pong", () => resolve());
    });
    socket.raw.terminate();
    await expect.poll(async () => (await stored(space)).total).toBe(300);
  });

  it("loses and doubles nothing when a client resends after a cut", async () => {
    const space = randomUUID();
    const events = Array.from({ length: 200 }, (_, i) => event(String(i), space));
    const first = await open();
    first.send(...events.slice(0, 150));
    first.raw.terminate();
    const second = await open();
    second.send(...events);
    await second.close();
    const third = await open();
    third.send(...events.slice(100));
    await third.close();
    expect((await stored(space)).total).toBe(200);
  });

  it("takes events at once from clients without the subprotocol, also behind an `auth` message", async () => {
    const space = randomUUID();
    for (const first of [[], [auth]]) {
      const socket = await openSocket(`${worker.url}/events/in`, { protocols: [] });
      socket.send(...first, event("old client", space));
      await socket.close();
      expect(socket.unread()).toEqual([]);
    }
    expect((await stored(space)).total).toBe(2);
  });

  it("picks the subprotocol out of several", async () => {
    const socket = await openSocket(`${worker.url}/events/in`, { protocols: ["other", "prefect"] });
    expect(socket.protocol).toBe("prefect");
    await socket.close();
  });

  it("answers pings before the client has said who it is", async () => {
    const socket = await openSocket(`${worker.url}/events/in`);
    const pong = new Promise<string>((resolve) => socket.raw.once("pong", (data) => resolve(String(data))));
    socket.raw.ping("hello");
    expect(await pong).toBe("hello");
    await socket.close();
  });

  it.each([[{ type: "hello" }], [event("no auth", "x")], ["no JSON"]])(
    "closes with 1008 when the first message is %j, and logs it",
    async (message) => {
      const socket = await openSocket(`${worker.url}/events/in`);
      socket.send(message);
      expect(await socket.closed()).toEqual({ code: 1008, reason: "Expected 'auth' message" });
      await expect
        .poll(() => worker.log())
        .toContainEqual({ level: "warn", socket: "/api/events/in", code: 1008, reason: "Expected 'auth' message" });
    },
  );

  it("drops what is too big and stays open", async () => {
    const space = randomUUID();
    const socket = await open();
    socket.send(event("big", space, { payload: { x: "y".repeat(1_600_000) } }), event("beside", space));
    await socket.close();
    expect((await stored(space)).names).toEqual(["beside"]);
  });

  it.each([
    ["no JSON", 1007, "Expected JSON"],
    [JSON.stringify({ id: randomUUID() }), 1007, "Invalid event: occurred"],
  ])("keeps what came before a malformed message and closes", async (message, code, reason) => {
    const space = randomUUID();
    const socket = await open();
    socket.send(event("before", space), message, event("behind", space));
    const end = await socket.closed();
    expect(end.code).toBe(code);
    expect(end.reason.startsWith(reason)).toBe(true);
    expect((await stored(space)).names).toEqual(["before"]);
  });

  it("closes on a binary message", async () => {
    const socket = await open();
    socket.raw.send(Buffer.from("{}"));
    expect((await socket.closed()).code).toBe(1003);
  });

  it("closes on a message above 16 MiB", async () => {
    const socket = await open();
    socket.send("x".repeat(16 * 1024 * 1024 + 1));
    expect((await socket.closed()).code).toBe(1009);
  });

  it("makes task runs of the events that tell of them", async () => {
    const run = randomUUID();
    const socket = await open();
    const told = event("prefect.task-run.Running", "x", {
      resource: { "prefect.resource.id": `prefect.task-run.${run}`, "prefect.orchestration": "client" },
      payload: {
        validated_state: { type: "RUNNING", name: "Running" },
        task_run: { name: "t", task_key: "t", dynamic_key: "0" },
      },
    });
    socket.send(told);
    await socket.close();
    const answer = await fetch(`${worker.url}/task_runs/${run}`);
    expect(await answer.json()).toMatchObject({ id: run, state_type: "RUNNING", state: { id: told.id } });
  });

  it("is no path without an upgrade", async () => {
    const answer = await fetch(`${worker.url}/events/in`);
    expect([answer.status, await answer.json()]).toEqual([404, { detail: "Not Found" }]);
  });
});

describe("/events/in with credentials", () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker({ MILLIWAYS_AUTH_STRING: "user:secret", MILLIWAYS_API_KEY: "key" });
  });
  afterAll(() => worker.dispose());

  const basic = { authorization: `Basic ${Buffer.from("user:secret").toString("base64")}` };
  const count = async () => {
    const answer = await fetch(`${worker.url}/events/filter`, { method: "POST", headers: basic });
    return ((await answer.json()) as { total: number }).total;
  };

  it.each(["user:secret", "key"])("lets the token %s in", async (token) => {
    const socket = await openSocket(`${worker.url}/events/in`);
    socket.send({ type: "auth", token });
    expect(await socket.next()).toEqual({ type: "auth_success" });
    await socket.close();
  });

  it.each([
    [undefined, "Auth required but no token provided"],
    [null, "Auth required but no token provided"],
    ["", "Auth required but no token provided"],
    ["wrong", "Invalid token"],
    ["user:secret2", "Invalid token"],
  ])("refuses the token %j with 1008", async (token, reason) => {
    const socket = await openSocket(`${worker.url}/events/in`);
    socket.send({ type: "auth", token }, event("sneaked in", "x"));
    expect(await socket.closed()).toEqual({ code: 1008, reason });
    expect(await count()).toBe(0);
  });

  it("takes the credentials of the upgrade from clients without the subprotocol, and refuses those without any", async () => {
    const before = await count();
    const socket = await openSocket(`${worker.url}/events/in`, { protocols: [], headers: basic });
    socket.send(event("old client", "x"));
    await socket.close();
    expect(await count()).toBe(before + 1);
    for (const authorization of ["", "Basic d3Jvbmc6"]) {
      const refused = await openSocket(`${worker.url}/events/in`, { protocols: [], headers: { authorization } });
      refused.send(event("sneaked in", "x"));
      expect((await refused.closed()).code).toBe(1008);
    }
    expect(await count()).toBe(before + 1);
  });

  it("is no way around the credentials of other paths", async () => {
    const socket = openSocket(`${worker.url}/flows/${randomUUID()}`);
    await expect(socket).rejects.toThrow(/401/);
  });
});

describe("/events/in on a budget of database requests", () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker({ MILLIWAYS_SOCKET_REQUESTS: "13" });
  });
  afterAll(() => worker.dispose());

  const stored = async () => {
    const answer = await worker.post("/events/filter", { filter: {} });
    return z.object({ total: z.int() }).parse(await answer.json()).total;
  };

  it("closes with 1012 once it is spent, and a client that sends again loses and doubles nothing", {
    timeout: 240_000,
  }, async () => {
    const events = Array.from({ length: 60 }, (_, i) => event(String(i), "budget"));
    let sent = 0;
    let sockets = 0;
    while (sent < events.length && sockets < 30) {
      const socket = await openSocket(`${worker.url}/events/in`);
      sockets++;
      socket.send(auth);
      await socket.next();
      // As the real client does it: what no pong has confirmed is sent again.
      while (sent < events.length && socket.raw.readyState === socket.raw.OPEN) {
        socket.send(...events.slice(sent, sent + 5));
        const confirmed = await new Promise<boolean>((resolve) => {
          socket.raw.ping();
          socket.raw.once("pong", () => resolve(true));
          socket.raw.once("close", () => resolve(false));
        });
        if (confirmed) sent += 5;
        // Each five are written by a request of their own.
        await vi.waitUntil(async () => socket.raw.readyState !== socket.raw.OPEN || (await stored()) >= sent, 30_000);
      }
      if (socket.raw.readyState === socket.raw.OPEN) await socket.close();
      else expect((await socket.closed()).code).toBe(1012);
    }
    expect(sockets).toBeGreaterThan(1);
    expect(await stored()).toBe(60);
  });
});

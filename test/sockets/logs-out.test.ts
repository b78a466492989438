import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSocket, type TestSocket } from "../support/socket.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

const line = (run: string, message: string, minute = 0, more: object = {}) => ({
  name: "prefect.flow_runs",
  level: 20,
  message,
  timestamp: `2035-01-01T00:0${minute}:00Z`,
  flow_run_id: run,
  ...more,
});

describe("/logs/out", () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker();
  });
  afterAll(() => worker.dispose());

  const write = async (...logs: object[]) => expect((await worker.post("/logs/", logs)).status).toBe(201);

  // The subscription counts from when the server has read it: from then on it hears a log that the filter lets through.
  async function subscribe(filter: { flow_run_id: { any_: string[] } }, heard: object = {}): Promise<TestSocket> {
    const socket = await openSocket(`${worker.url}/logs/out`);
    const run = randomUUID();
    const any_ = [...filter.flow_run_id.any_, run];
    socket.send({ type: "auth", token: null }, { type: "filter", filter: { ...filter, flow_run_id: { any_ } } });
    expect(await socket.next()).toEqual({ type: "auth_success" });
    const hearsOne = () =>
      socket.next(100).then(
        () => true,
        () => false,
      );
    do await write(line(run, "ready", 3, heard));
    while (!(await hearsOne()));
    return socket;
  }

  async function nextLog(socket: TestSocket): Promise<{ log: { message: string } }> {
    for (;;) {
      const message = await socket.next();
      if (message.log.message !== "ready") return message;
    }
  }

  const take = async (socket: TestSocket, count: number): Promise<string[]> => {
    const messages: string[] = [];
    while (messages.length < count) messages.push((await nextLog(socket)).log.message);
    return messages;
  };

  it("sends new logs that match in order of arrival, and none of before", async () => {
    const run = randomUUID();
    await write(line(run, "before"));
    const socket = await subscribe({ flow_run_id: { any_: [run] } });
    await write(line(run, "one", 5), line(randomUUID(), "other"), line(run, "two", 1));
    const first = await nextLog(socket);
    const stored = await worker.post("/logs/filter", {
      logs: { flow_run_id: { any_: [run] }, level: null },
      sort: "TIMESTAMP_DESC",
      limit: 1,
    });
    const [log] = (await stored.json()) as object[];
    expect(first).toEqual({ type: "log", log: { ...log, created: null, updated: null } });
    expect(await take(socket, 1)).toEqual(["two"]);
    await socket.close();
  });

  it("filters by level, time and task run", async () => {
    const run = randomUUID();
    const task = randomUUID();
    const ofTask = { task_run_id: task };
    const filters: [wanted: string, filter: object, heard: object][] = [
      ["m2,m3", { level: { ge_: 30 } }, { level: 30 }],
      ["m2", { level: { ge_: 20, le_: 30 } }, { level: 30 }],
      ["m2,m3", { timestamp: { after_: "2035-01-01T00:02:00Z", before_: "2035-01-01T00:09:00Z" } }, {}],
      ["m2", { task_run_id: { any_: [task] } }, ofTask],
      ["m0,m3", { task_run_id: { is_null_: true } }, {}],
    ];
    const flow_run_id = { any_: [run, randomUUID()] };
    const sockets = await Promise.all(filters.map(([, filter, heard]) => subscribe({ flow_run_id, ...filter }, heard)));
    await write(
      line(run, "m0", 0, { level: 10 }),
      line(run, "m2", 2, { level: 30, task_run_id: task }),
      line(run, "m3", 3, { level: 40 }),
    );
    const wanted = filters.map(([names]) => names.split(","));
    expect(await Promise.all(sockets.map((socket, i) => take(socket, wanted[i]?.length ?? 0)))).toEqual(wanted);
    // Each filter lets one of two later logs through: nothing else came before it.
    await write(line(run, "end", 4, { level: 30, task_run_id: task }), line(run, "end", 1, { level: 10 }));
    for (const socket of sockets) expect(await take(socket, 1)).toEqual(["end"]);
    expect(sockets.flatMap((socket) => socket.unread())).toEqual([]);
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it("sends every log of several writers at once, each once", async () => {
    const run = randomUUID();
    const socket = await subscribe({ flow_run_id: { any_: [run] } });
    const writers = Array.from({ length: 8 }, async (_, w) => {
      for (let i = 0; i < 15; i++) await write(...Array.from({ length: 5 }, (_, j) => line(run, `${w}.${i}.${j}`)));
    });
    const messages = await take(socket, 8 * 15 * 5);
    await Promise.all(writers);
    expect(new Set(messages).size).toBe(600);
    for (let w = 0; w < 8; w++) {
      const own = messages.filter((message) => message.startsWith(`${w}.`));
      expect(own).toEqual(Array.from({ length: 75 }, (_, n) => `${w}.${Math.floor(n / 5)}.${n % 5}`));
    }
    await socket.close();
  });

  it.each([[{ type: "hello" }], [{ type: "filter" }], [{ type: "filter", filter: { nonsense: 1 } }]])(
    "refuses %j with 1002",
    async (message) => {
      const socket = await openSocket(`${worker.url}/logs/out`);
      socket.send({ type: "auth" }, message);
      expect(await socket.next()).toEqual({ type: "auth_success" });
      expect((await socket.closed()).code).toBe(1002);
    },
  );
});

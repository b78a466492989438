import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSocket, type TestSocket } from "../support/socket.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

const minute = 60_000;
const from = (offset: number) => new Date(Date.now() + offset * minute).toISOString();
const ahead = { since: from(-60), until: from(24 * 60) };

const event = (name: string, resource: string, more: object = {}) => ({
  id: randomUUID(),
  occurred: new Date().toISOString(),
  event: name,
  resource: { "prefect.resource.id": resource },
  ...more,
});

describe("/events/out", () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker();
  });
  afterAll(() => worker.dispose());

  const emit = async (...events: object[]) => expect((await worker.post("/events", events)).status).toBe(204);

  async function subscribe(filter: object, more: object = {}, on = worker): Promise<TestSocket> {
    const socket = await openSocket(`${on.url}/events/out`);
    socket.send({ type: "auth", token: null }, { type: "filter", filter, ...more });
    expect(await socket.next()).toEqual({ type: "auth_success" });
    return socket;
  }

  const take = async (socket: TestSocket, count: number): Promise<string[]> => {
    const names: string[] = [];
    while (names.length < count) names.push((await socket.next()).event.event);
    return names;
  };

  // An event that is sent last and found ends what is looked for: nothing else came before it.
  const nothingMore = async (socket: TestSocket, marker: string, resource: string) => {
    await emit(event(marker, resource));
    expect(await take(socket, 1)).toEqual([marker]);
  };

  it("replays what is stored, oldest first, then sends what comes, each once", async () => {
    const space = randomUUID();
    const stored = [
      event("too old", `${space}.x`, { occurred: from(-40) }),
      event("second", `${space}.x`, { occurred: from(-2) }),
      event("first", `${space}.x`, {
        occurred: from(-3),
        payload: { n: 1 },
        related: [{ "prefect.resource.id": "r", "prefect.resource.role": "q" }],
      }),
      event("elsewhere", `${space}!.x`),
    ];
    await emit(...stored);
    const socket = await subscribe({ occurred: ahead, resource: { id_prefix: [`${space}.`] }, order: "DESC" });
    const first = await socket.next();
    expect(first.type).toBe("event");
    const answer = await worker.post("/events/filter", {
      filter: { event: { name: ["first"] }, resource: { id_prefix: [space] } },
    });
    expect(first.event).toEqual(((await answer.json()) as { events: unknown[] }).events[0]);
    expect(await take(socket, 1)).toEqual(["second"]);
    await emit(
      event("live", `${space}.x`),
      event("not mine", `${space}!.x`),
      event("of an hour ago", `${space}.x`, { occurred: from(-59) }),
    );
    await emit(...stored);
    expect(await take(socket, 1)).toEqual(["live"]);
    await nothingMore(socket, "end", `${space}.x`);
    await socket.close();
  });

  it("replays nothing without backfill", async () => {
    const space = randomUUID();
    await emit(event("stored", space));
    const socket = await subscribe({ occurred: ahead, resource: { id: [space] } }, { backfill: false });
    // The subscription counts from when the server has read it: from then on it hears one of these.
    const hears = async () => {
      await emit(event("live", space));
      return socket.unread().length > 0;
    };
    await vi.waitUntil(hears, { timeout: 30_000, interval: 20 });
    expect(await take(socket, 1)).toEqual(["live"]);
    await socket.close();
  });

  it("has each event of a busy time in the replay or in the live part, and in one of them alone", async () => {
    const space = randomUUID();
    const all = Array.from({ length: 1_200 }, (_, i) => event(String(i), space));
    let sent = 0;
    const sending = (async () => {
      for (; sent < all.length; sent += 20) await emit(...all.slice(sent, sent + 20));
    })();
    await vi.waitUntil(() => sent >= 100, { timeout: 30_000, interval: 5 });
    const socket = await subscribe({ occurred: ahead, resource: { id: [space] } });
    const names = await take(socket, all.length);
    await sending;
    expect(new Set(names).size).toBe(all.length);
    await nothingMore(socket, "end", space);
    await socket.close();
  });

  it("filters live events by name, resource and label", async () => {
    const space = randomUUID();
    const filters = {
      "a.two,end": { event: { name: ["a.two", "end"] }, resource: { id_prefix: [space] } },
      "b.one,end": { event: { exclude_prefix: ["a."] }, resource: { id_prefix: [space] } },
      "a.one,b.one,end": { resource: { id: [`${space}.x`] } },
      "a.one,a.two,b.one,end": { any_resource: { id: [`${space}.x`] } },
      "a.one,b.one": { any_resource: { id_prefix: [space], labels: { colour: ["r*", "b*"] } } },
      "b.one": { resource: { id_prefix: [space] }, text: { query: "BLUE -end" } },
    };
    const sockets = await Promise.all(Object.values(filters).map((filter) => subscribe({ occurred: ahead, ...filter })));
    const round = async () => {
      await emit(
        event("a.one", "", { resource: { "prefect.resource.id": `${space}.x`, colour: "red" } }),
        event("a.two", `${space}.y`, { related: [{ "prefect.resource.id": `${space}.x`, "prefect.resource.role": "r" }] }),
        event("b.one", "", { resource: { "prefect.resource.id": `${space}.x`, colour: "blue" } }),
        event("end", `${space}.x`),
      );
      return Promise.all(sockets.map((socket, i) => take(socket, wanted[i]?.length ?? 0)));
    };
    const wanted = Object.keys(filters).map((names) => names.split(","));
    // The first round may still be replayed, in any order of one instant; the second one is live, and nothing came between them.
    expect((await round()).map((names) => names.sort())).toEqual(wanted);
    expect(await round()).toEqual(wanted);
    expect(sockets.flatMap((socket) => socket.unread())).toEqual([]);
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it("sends nothing new where the window is over", async () => {
    const space = randomUUID();
    await emit(event("stored", space));
    const socket = await subscribe({ resource: { id: [space] } });
    expect(await take(socket, 1)).toEqual(["stored"]);
    const open = await subscribe({ occurred: ahead, resource: { id: [space] } });
    expect(await take(open, 1)).toEqual(["stored"]);
    // What one subscriber of the isolate is sent after the event, all others have been asked about.
    for (const name of ["too late", "later still"]) {
      await emit(event(name, space));
      expect(await take(open, 1)).toEqual([name]);
    }
    expect(socket.unread()).toEqual([]);
    await Promise.all([socket.close(), open.close()]);
  });

  it.each([
    [{ type: "nonsense", filter: {} }, "Expected 'filter' message"],
    [{ type: "filter" }, "Invalid filter: "],
    [{ type: "filter", filter: { nonsense: "x".repeat(500), order: "x".repeat(500) } }, "Invalid filter: "],
  ])("refuses %j with 1002 and a reason", async (message, reason) => {
    const socket = await openSocket(`${worker.url}/events/out`, { protocols: [] });
    socket.send(message);
    const end = await socket.closed();
    expect(end.code).toBe(1002);
    expect(end.reason.startsWith(reason)).toBe(true);
    expect(end.reason.length).toBeGreaterThan(reason.length - 1);
  });

  it("answers a client's goodbye at once and stops asking the database", async () => {
    const socket = await subscribe({ occurred: ahead });
    const start = Date.now();
    await socket.close();
    // A client gives up waiting for the answer after half a minute.
    expect(Date.now() - start).toBeLessThan(10_000);
    expect(await socket.closed()).toMatchObject({ code: 1000 });
  });
});

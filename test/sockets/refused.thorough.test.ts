import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RawSocket, rawSocket } from "../support/raw-socket.ts";
import { openSocket } from "../support/socket.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

const paths = ["/events/in", "/events/out", "/logs/out", "/task_runs/subscriptions/scheduled", "/work_pools/p/workers/connect"];
const badCredentials = JSON.stringify({ type: "auth", token: "guessed" });
const goodCredentials = JSON.stringify({ type: "auth", token: "arthur:dent" });

describe("a client that is not let in", () => {
  let worker: TestWorker;
  let open: RawSocket[];
  beforeAll(async () => {
    worker = await startWorker({ MILLIWAYS_AUTH_STRING: "arthur:dent" });
    open = [];
  });
  afterAll(async () => {
    for (const socket of open) socket.destroy();
    await worker.dispose();
  });
  const connect = (path: string) => {
    const socket = rawSocket(worker.url + path);
    open.push(socket);
    return socket;
  };

  it.each(paths)("is cut off from %s when it goes on sending", async (path) => {
    const socket = connect(path);
    await socket.status();
    socket.sendText(badCredentials);
    socket.flood("x".repeat(1000));
    expect(await socket.cut).toBeLessThan(5_000);
  });

  it.each(paths)(
    "is cut off from %s when it neither answers nor leaves",
    async (path) => {
      const socket = connect(path);
      await socket.status();
      socket.sendText(badCredentials);
      expect(await socket.cut).toBeLessThan(8_000);
      expect(socket.received()).toMatch(/Invalid token|authentication_failed/);
    },
    15_000,
  );

  it("may send no more than 64 KiB before its credentials", async () => {
    const large = connect("/events/in");
    await large.status();
    large.sendText(JSON.stringify({ type: "auth", token: "x".repeat(70_000) }));
    await large.cut;
    expect(large.received()).toContain("Message too big");
    const many = connect("/events/in");
    await many.status();
    many.flood(`{"type":"other","text":"${"x".repeat(10_000)}"}`);
    await many.cut;
  }, 15_000);

  it("is cut off after a fault in what it sends, though its credentials were good", async () => {
    const socket = connect("/events/in");
    await socket.status();
    socket.sendText(goodCredentials);
    await expect.poll(socket.received).toContain("auth_success");
    socket.sendText("no event");
    socket.flood("x".repeat(1000));
    expect(await socket.cut).toBeLessThan(8_000);
  }, 15_000);

  it("has ten seconds to show its credentials", async () => {
    const socket = connect("/events/out");
    await socket.status();
    const after = await socket.cut;
    expect(after).toBeGreaterThan(9_500);
    expect(after).toBeLessThan(20_000);
  }, 30_000);

  it("waits with 255 others at the most, and keeps nobody out for ever", async () => {
    const waiting = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = connect("/events/out");
        return { socket, status: await socket.status() };
      }),
    );
    const refused = waiting.filter(({ status }) => status === 503);
    expect(waiting.filter(({ status }) => status === 101)).toHaveLength(256);
    expect(refused).toHaveLength(300 - 256);
    expect(refused[0]?.socket.received().toLowerCase()).toContain("retry-after: 1");
    for (const { socket } of waiting) socket.destroy();
    const letIn = async () => {
      try {
        const socket = await openSocket(`${worker.url}/events/in`);
        socket.send(goodCredentials);
        const first = await socket.next();
        await socket.close();
        return first;
      } catch {
        return null;
      }
    };
    await expect.poll(letIn, { timeout: 15_000 }).toEqual({ type: "auth_success" });
  }, 40_000);
});

import { randomUUID } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { openSocket } from "../support/socket.ts";
import { startWorker } from "../support/worker.ts";

const minute = 60_000;
const from = (offset: number) => new Date(Date.now() + offset * minute).toISOString();

const event = (name: string, resource: string) => ({
  id: randomUUID(),
  occurred: new Date().toISOString(),
  event: name,
  resource: { "prefect.resource.id": resource },
});

const line = (run: string, message: string, minute = 0, more: object = {}) => ({
  name: "prefect.flow_runs",
  level: 20,
  message,
  timestamp: `2035-01-01T00:0${minute}:00Z`,
  flow_run_id: run,
  ...more,
});

describe("/events/out on a budget of database requests", () => {
  it("closes with 1012 before it is spent, and a client that connects again misses nothing", { timeout: 240_000 }, async () => {
    const worker = await startWorker({ MILLIWAYS_SOCKET_REQUESTS: "16" });
    try {
      const seen = new Set<string>();
      const ends: number[] = [];
      const ids = Array.from({ length: 40 }, () => randomUUID());
      const sending = (async () => {
        for (const [i, id] of ids.entries()) {
          await worker.post("/events", [{ ...event(String(i), "x"), id }]);
          await vi.waitUntil(() => seen.has(id), { timeout: 30_000, interval: 5 });
        }
      })();
      while (seen.size < ids.length && ends.length < 20) {
        const socket = await openSocket(`${worker.url}/events/out`);
        socket.send({ type: "auth" }, { type: "filter", filter: { occurred: { since: from(-1), until: from(60) } } });
        try {
          for (;;) {
            const message = await socket.next();
            if (message.type === "event") seen.add(message.event.id);
            if (seen.size === ids.length) break;
          }
          await socket.close();
        } catch {
          ends.push((await socket.closed()).code);
        }
      }
      await sending;
      expect([...seen].sort()).toEqual([...ids].sort());
      expect(ends.length).toBeGreaterThan(0);
      expect(new Set(ends)).toEqual(new Set([1012]));
    } finally {
      await worker.dispose();
    }
  });
});

describe("/logs/out on a budget of database requests", () => {
  it("closes with 1012 when its budget is spent, and the client that connects again as the real one does misses nothing", {
    timeout: 240_000,
  }, async () => {
    const small = await startWorker({ MILLIWAYS_SOCKET_REQUESTS: "16" });
    try {
      const run = randomUUID();
      const now = () => new Date().toISOString();
      const connect = async () => {
        const socket = await openSocket(`${small.url}/logs/out`);
        const timestamp = { after_: new Date(Date.now() - 60_000).toISOString(), before_: "2040-01-01T00:00:00Z" };
        socket.send({ type: "auth" }, { type: "filter", filter: { flow_run_id: { any_: [run] }, timestamp } });
        await socket.next();
        return socket;
      };
      let socket = await connect();
      const seen = new Set<string>();
      const sending = (async () => {
        for (let i = 0; i < 40; i++) {
          await small.post("/logs/", [line(run, String(i), 0, { timestamp: now() })]);
          await vi.waitUntil(() => seen.has(String(i)), { timeout: 30_000, interval: 5 });
        }
      })();
      let ends = 0;
      while (seen.size < 40 && ends < 20) {
        try {
          seen.add((await socket.next()).log.message);
        } catch {
          expect((await socket.closed()).code).toBe(1012);
          ends++;
          socket = await connect();
        }
      }
      await sending;
      await socket.close();
      expect(seen.size).toBe(40);
      expect(ends).toBeGreaterThan(0);
    } finally {
      await small.dispose();
    }
  });
});

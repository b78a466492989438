import { randomUUID } from "node:crypto";
import { createClient } from "@libsql/client/http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../src/schemas/api-keys.ts";
import { basic, bearer } from "../support/keys.ts";
import { openSocket } from "../support/socket.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

const password = "admin:password";

describe("a socket of a server with keys", () => {
  let worker: TestWorker;
  const keys: Partial<Record<Role, { id: string; key: string }>> = {};
  const send = (method: string, path: string, body?: object) =>
    fetch(`${worker.url}${path}`, {
      method,
      headers: { ...basic(password), "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const make = async (role: Role): Promise<{ id: string; key: string }> =>
    (await send("POST", "/admin/keys/", { name: role, role })).json() as Promise<{ id: string; key: string }>;
  beforeAll(async () => {
    worker = await startWorker({ MILLIWAYS_AUTH_STRING: password });
    for (const role of ["viewer", "runner", "worker"] as const) keys[role] = await make(role);
  });
  afterAll(() => worker.dispose());

  const keyOf = (role: Role) => keys[role]?.key ?? "";
  const enter = async (path: string, token: string | null) => {
    const socket = await openSocket(`${worker.url}${path}`);
    socket.send({ type: "auth", token });
    return socket;
  };
  const subscribed = "/task_runs/subscriptions/scheduled";

  it("lets a key in alone, behind its name, and in the header of an old client", async () => {
    for (const token of [keyOf("runner"), `runner:${keyOf("runner")}`]) {
      const socket = await enter("/events/in", token);
      expect(await socket.next()).toEqual({ type: "auth_success" });
      await socket.close();
    }
    for (const headers of [bearer(keyOf("runner")), basic(`runner:${keyOf("runner")}`)]) {
      const id = randomUUID();
      const socket = await openSocket(`${worker.url}/events/in`, { protocols: [], headers });
      socket.send({ id, occurred: new Date().toISOString(), event: id, resource: { "prefect.resource.id": "x" } });
      await socket.close();
      const answer = await send("POST", "/events/filter", { filter: { event: { name: [id] } } });
      expect(await answer.json()).toMatchObject({ total: 1 });
    }
  });

  it.each([
    ["a wrong one", `mw_${"A".repeat(43)}`],
    ["another name", "x"],
    ["none", null],
  ])("refuses %s", async (_, token) => {
    const socket = await enter("/events/in", token === "x" ? `x:${keyOf("runner")}` : token);
    expect(await socket.closed()).toMatchObject({ code: 1008 });
    expect(socket.unread()).toEqual([]);
  });

  it.each([
    ["/events/in", "viewer", "write_events"],
    [subscribed, "runner", "run_workers"],
  ] as const)("%s refuses a %s and names the scope that is missing", async (path, role, scope) => {
    const socket = await enter(path, keyOf(role));
    expect(await socket.closed()).toEqual({ code: 1008, reason: `This needs the scope ${scope}.` });
    expect(socket.unread()).toEqual([]);
    const old = await openSocket(`${worker.url}${path}`, { protocols: [], headers: bearer(keyOf(role)) });
    expect(await old.closed()).toMatchObject({ code: 1008 });
  });

  it("of a worker's channel is refused with the reason that its clients know", async () => {
    const socket = await enter("/work_pools/p/workers/connect", keyOf("viewer"));
    expect(await socket.closed()).toEqual({ code: 1008, reason: "authentication_failed" });
  });

  it.each([
    ["/events/out", "viewer"],
    ["/logs/out", "viewer"],
    ["/events/in", "runner"],
    [subscribed, "worker"],
  ] as const)("%s lets a %s in", async (path, role) => {
    const socket = await enter(path, keyOf(role));
    expect(await socket.next()).toEqual({ type: "auth_success" });
    await socket.close();
  });

  it("ends soon after its key is revoked, and another key's goes on", async () => {
    const [revoked, other] = [await make("viewer"), await make("viewer")];
    const [ends, stays] = [await enter("/events/out", revoked.key), await enter("/events/out", other.key)];
    for (const socket of [ends, stays]) expect(await socket.next()).toEqual({ type: "auth_success" });
    expect((await send("DELETE", `/admin/keys/${revoked.id}`)).status).toBe(204);
    expect(await ends.closed()).toEqual({ code: 1008, reason: "Invalid token" });
    expect(stays.raw.readyState).toBe(stays.raw.OPEN);
    await stays.close();
  });

  it("ends when its key expires", async () => {
    const { id, key } = await make("viewer");
    // The key's row as this isolate has not read it yet.
    const client = createClient({ url: worker.databaseUrl });
    await client.execute({ sql: "update api_key set expires = ? where id = ?", args: [Date.now() * 1000 + 6_000_000, id] });
    client.close();
    const socket = await enter("/events/out", key);
    expect(await socket.next()).toEqual({ type: "auth_success" });
    expect(await socket.closed()).toEqual({ code: 1008, reason: "Invalid token" });
  });

  it("logs no key", () => {
    expect(worker.log().length).toBeGreaterThan(0);
    const text = JSON.stringify(worker.log());
    for (const { key } of Object.values(keys)) expect(text).not.toContain(key.slice(9));
  });
});

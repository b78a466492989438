import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { configured, type Principal, type Scope, scopes } from "../../src/domain/principal.ts";
import type { Operation } from "../../src/http/operation.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { fill, operations } from "../support/samples.ts";

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
const guarded = operations.flatMap((operation) =>
  operation.scope === null ? [] : [[nameOf(operation), operation, operation.scope] as const],
);
const reads = (scope: Scope) => scope.startsWith("see_");

/** What a worker sends to run a flow of a pool, from its start to the end of the run. */
const ofWorkers = [
  "POST /work_pools/{name}/get_scheduled_flow_runs",
  "POST /work_pools/{work_pool_name}/workers/heartbeat",
  "POST /work_queues/{id}/get_runs",
  "POST /deployments/get_scheduled_flow_runs",
];

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});

const holder = (held: readonly Scope[]): Principal => ({ ...configured, name: "test", scopes: new Set(held) });

/** Sends a request without a body as a holder of these scopes. */
async function ask(operation: Operation, held: readonly Scope[]): Promise<{ status: number; body: unknown }> {
  const server = createApp(app.isolate, async () => holder(held));
  const parameters = Object.fromEntries(
    [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, crypto.randomUUID()]),
  );
  const { method } = operation;
  const response = await server.request(`/api${fill(operation, parameters)}`, { method });
  const text = await response.text();
  return { status: response.status, body: response.headers.get("content-type") === "application/json" ? JSON.parse(text) : text };
}

describe("the scope of an operation", () => {
  it("is one of its own: none but health and readiness is open", () => {
    expect(operations.filter(({ scope }) => scope === null).map(nameOf)).toEqual(["GET /health", "GET /ready"]);
    // What a request needs beside its operation's scope, where it asks for secrets.
    expect(new Set([...guarded.map(([, , scope]) => scope), "see_secrets"])).toEqual(new Set(scopes));
  });

  it("is one to read where the method has no effect", () => {
    expect(guarded.filter(([, { method }, scope]) => method === "GET" && !reads(scope)).map(([name]) => name)).toEqual([]);
    const changes = guarded.filter(([, { method }, scope]) => ["PUT", "PATCH", "DELETE"].includes(method) && reads(scope));
    expect(changes.map(([name]) => name)).toEqual([]);
  });

  it("is the workers' own for what only workers send", () => {
    const own = guarded.filter(([, , scope]) => scope === "run_workers").map(([name]) => name);
    expect(own.sort()).toEqual([...ofWorkers].sort());
  });

  it.each(guarded)("is needed for %s", async (_, operation, scope) => {
    const others = scopes.filter((one) => one !== scope);
    expect(await ask(operation, others)).toEqual({ status: 403, body: { detail: `This needs the scope ${scope}.` } });
    // With it the request is looked at: without its body or its object it is refused otherwise, or answered.
    expect((await ask(operation, [scope])).status).not.toBe(403);
  });

  it("is held by the holder of the configured credentials", () => {
    expect(scopes.filter((scope) => !configured.scopes.has(scope))).toEqual([]);
  });
});

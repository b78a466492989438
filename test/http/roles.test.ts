import { beforeAll, describe, expect, it } from "vitest";
import type { Operation } from "../../src/http/operation.ts";
import { roles } from "../../src/schemas/api-keys.ts";
import { socketRoutes } from "../../src/sockets/index.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { admin, type MadeKey, makeKey, password } from "../support/keys.ts";
import { fill, operations } from "../support/samples.ts";

type Least = (typeof roles)[number] | "anybody";

/**
 * The least role for each method and path, the first line that fits; `*` stands for one segment. It is written by what an operation does,
 * and knows nothing of scopes.
 */
const leastRoles: readonly (readonly [Least, string])[] = [
  ["anybody", "GET /health"],
  ["anybody", "GET /ready"],
  // Keys and the server itself.
  ["owner", "POST /admin/keys/"],
  ["owner", "POST /admin/keys/filter"],
  ["owner", "DELETE /admin/keys/*"],
  ["owner", "POST /audit/filter"],
  ["owner", "PUT /admin/storage"],
  ["owner", "DELETE /admin/storage"],
  ["owner", "POST /admin/database/clear"],
  ["owner", "POST /admin/database/drop"],
  ["owner", "POST /admin/database/create"],
  // What a run sends of itself, and what starts one.
  ["runner", "POST /flows/"],
  ["runner", "POST /flow_runs/"],
  ["runner", "PATCH /flow_runs/*"],
  ["runner", "PATCH /flow_runs/*/labels"],
  ["runner", "POST /flow_runs/*/set_state"],
  ["runner", "POST /flow_runs/bulk_set_state"],
  ["runner", "POST /flow_runs/*/resume"],
  ["runner", "POST /flow_runs/*/input"],
  ["runner", "DELETE /flow_runs/*/input/*"],
  ["runner", "POST /task_runs/"],
  ["runner", "PATCH /task_runs/*"],
  ["runner", "POST /task_runs/*/set_state"],
  ["runner", "POST /logs/"],
  ["runner", "POST /events"],
  ["runner", "POST /artifacts/"],
  ["runner", "PATCH /artifacts/*"],
  ["runner", "POST /deployments/*/create_flow_run"],
  ["runner", "POST /deployments/*/create_flow_run/bulk"],
  ["runner", "POST /deployments/*/schedule"],
  ["runner", "POST /concurrency_limits/increment"],
  ["runner", "POST /concurrency_limits/decrement"],
  ["runner", "POST /v2/concurrency_limits/increment"],
  ["runner", "POST /v2/concurrency_limits/increment-with-lease"],
  ["runner", "POST /v2/concurrency_limits/decrement"],
  ["runner", "POST /v2/concurrency_limits/decrement-with-lease"],
  ["runner", "POST /v2/concurrency_limits/leases/*/renew"],
  // What a worker and a served flow send.
  ["worker", "POST /work_pools/*/get_scheduled_flow_runs"],
  ["worker", "POST /work_queues/*/get_runs"],
  ["worker", "POST /deployments/get_scheduled_flow_runs"],
  ["worker", "POST /work_pools/*/workers/heartbeat"],
  ["worker", "POST /work_pools/"],
  ["worker", "PATCH /work_pools/*"],
  ["worker", "POST /deployments/"],
  ["worker", "PATCH /deployments/*"],
  ["worker", "POST /deployments/*/pause_deployment"],
  ["worker", "POST /deployments/*/resume_deployment"],
  ["worker", "POST /deployments/*/schedules"],
  ["worker", "PATCH /deployments/*/schedules/*"],
  ["worker", "DELETE /deployments/*/schedules/*"],
  ["worker", "DELETE /automations/owned-by/*"],
  // Everything that reads: also by POST, where filters need a body.
  ["viewer", "GET /**"],
  ["viewer", "POST /**/filter"],
  ["viewer", "POST /**/count"],
  ["viewer", "POST /**/paginate"],
  ["viewer", "POST /**/history"],
  ["viewer", "POST /flow_runs/lateness"],
  ["viewer", "POST /events/count-by/*"],
  ["viewer", "POST /automations/templates/validate"],
  ["viewer", "POST /templates/validate"],
  ["viewer", "POST /work_pools/*/concurrency_status"],
  ["viewer", "POST /work_queues/*/concurrency_status"],
  ["viewer", "POST /ui/**"],
  // Everything else creates, changes or deletes what people define, or deletes what runs left.
  ["developer", "POST /block_types/install_system_block_types"],
  ["developer", "POST /concurrency_limits/tag/*/reset"],
  ["developer", "POST /flows/bulk_delete"],
  ["developer", "POST /flow_runs/bulk_delete"],
  ["developer", "POST /deployments/bulk_delete"],
  ["developer", "POST /work_pools/*/queues"],
  ["developer", "POST /**/"],
  ["developer", "PUT /**"],
  ["developer", "PATCH /**"],
  ["developer", "DELETE /**"],
];

const patternOf = (line: string): RegExp =>
  new RegExp(`^${line.replaceAll(".", "\\.").replaceAll("**", "§").replaceAll("*", "[^/]+").replaceAll("§", ".*")}$`);
const lines = leastRoles.map(([least, line]) => ({ least, line, pattern: patternOf(line) }));

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
const leastFor = (operation: Operation) => lines.find(({ pattern }) => pattern.test(nameOf(operation)));

let app: TestApp;
const keys = new Map<Least, MadeKey>();
beforeAll(async () => {
  app = await testApp({ MILLIWAYS_AUTH_STRING: password });
  for (const role of roles) keys.set(role, await makeKey(app, role));
});

/** Sends a request without a body, for objects that are not there. */
function ask(operation: Operation, headers: Record<string, string>) {
  const parameters = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, crypto.randomUUID()] as const);
  return app.request(operation.method, fill(operation, Object.fromEntries(parameters)), undefined, headers);
}

describe("what a key's role may do", () => {
  it("is written down for every operation, and every line is needed", () => {
    expect(operations.filter((operation) => leastFor(operation) === undefined).map(nameOf)).toEqual([]);
    const used = new Set(operations.map((operation) => leastFor(operation)?.line));
    expect(lines.map(({ line }) => line).filter((line) => !used.has(line))).toEqual([]);
  });

  it.each(operations.map((operation) => [nameOf(operation), operation] as const))("%s", async (_, operation) => {
    const least = leastFor(operation)?.least ?? "owner";
    expect((await ask(operation, {})).status === 401).toBe(least !== "anybody");
    for (const [i, role] of roles.entries()) {
      const mayDo = least === "anybody" || i >= roles.indexOf(least);
      const { status, body } = await ask(operation, keys.get(role)?.headers ?? {});
      if (mayDo) expect([role, status], JSON.stringify(body)).not.toEqual([role, expect.toBeOneOf([401, 403])]);
      else
        expect([role, status, body]).toEqual([role, 403, { detail: expect.stringMatching(/^This needs the scope [a-z_]+\.$/) }]);
    }
    expect((await ask(operation, admin)).status).not.toBe(403);
  });

  it("has one scope for each socket", () => {
    expect(Object.fromEntries(socketRoutes.map(({ path, scope }) => [path, scope]))).toEqual({
      "/events/in": "write_events",
      "/events/out": "see_events",
      "/logs/out": "see_logs",
      "/task_runs/subscriptions/scheduled": "run_workers",
      "/work_pools/{name}/workers/connect": "run_workers",
    });
  });
});

describe("the secrets of blocks", () => {
  const asks: readonly (readonly [string, string, object | undefined])[] = [
    ["POST", "/block_documents/filter", { include_secrets: true }],
    ["GET", `/block_documents/${crypto.randomUUID()}?include_secrets=true`, undefined],
    ["GET", "/block_types/slug/x/block_documents?include_secrets=true", undefined],
    ["GET", "/block_types/slug/x/block_documents/name/y?include_secrets=true", undefined],
  ];

  it.each(asks)("are not for viewers: %s %s", async (method, path, body) => {
    const { status, body: answer } = await app.request(method, path, body, keys.get("viewer")?.headers);
    expect([status, answer]).toEqual([403, { detail: "This needs the scope see_secrets." }]);
    expect((await app.request(method, path, body, keys.get("runner")?.headers)).status).not.toBe(403);
  });
});

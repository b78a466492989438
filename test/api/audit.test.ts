import { beforeAll, describe, expect, it } from "vitest";
import type { Operation } from "../../src/http/operation.ts";
import { type Database, DatabaseUnavailable, type Sql } from "../../src/store/client.ts";
import { type Answer, type TestApp, testApp } from "../support/app.ts";
import { admin, type MadeKey, makeKey, password } from "../support/keys.ts";
import { operations } from "../support/samples.ts";

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
const nobody = "00000000-0000-4000-8000-00000000dead";

/** What runs, workers and clients report of themselves, and slots: nothing of it is a person's change of an object. */
const untold = [
  "DELETE /flow_runs/{id}/input/{key}",
  "PATCH /artifacts/{id}",
  "PATCH /task_runs/{id}",
  "POST /admin/database/create",
  "POST /artifacts/",
  "POST /concurrency_limits/decrement",
  "POST /concurrency_limits/increment",
  "POST /deployments/get_scheduled_flow_runs",
  "POST /events",
  "POST /flow_runs/bulk_set_state",
  "POST /flow_runs/{id}/input",
  "POST /flow_runs/{id}/resume",
  "POST /flow_runs/{id}/set_state",
  "POST /logs/",
  "POST /task_runs/",
  "POST /task_runs/{id}/set_state",
  "POST /v2/concurrency_limits/decrement",
  "POST /v2/concurrency_limits/decrement-with-lease",
  "POST /v2/concurrency_limits/increment",
  "POST /v2/concurrency_limits/increment-with-lease",
  "POST /v2/concurrency_limits/leases/{lease_id}/renew",
  "POST /work_pools/{name}/get_scheduled_flow_runs",
  "POST /work_pools/{work_pool_name}/workers/heartbeat",
  "POST /work_queues/{id}/get_runs",
];

describe("whether the audit tells an operation", () => {
  const writes = operations.filter(({ method, scope }) => method !== "GET" && scope !== null && !scope.startsWith("see_"));

  it("is declared for every operation that writes, and for no other", () => {
    expect(writes.filter(({ audited }) => audited === undefined).map(nameOf)).toEqual([]);
    const others = operations.filter((operation) => !writes.includes(operation));
    expect(others.filter(({ audited }) => audited !== undefined).map(nameOf)).toEqual([]);
  });

  it("is no for what runs and workers report, and yes for everything else", () => {
    const names = writes.filter(({ audited }) => audited === false).map(nameOf);
    expect(names.sort()).toEqual(untold);
  });
});

/** The rows of the audit, oldest first. */
const rowsOf = async (app: TestApp, filter: object = {}, headers: Record<string, string> = admin): Promise<Answer["body"]> =>
  (await app.post("/audit/filter", filter, headers)).body.toReversed();

describe("an operation that changes something", () => {
  let app: TestApp;
  let key: MadeKey;
  const told = new Set<string>();
  beforeAll(async () => {
    app = await testApp({ MILLIWAYS_AUTH_STRING: password });
    key = await makeKey(app, "owner", { name: "ci" });
  });

  /** Sends a request that succeeds, and expects its one row. */
  async function change(name: string, path: string, body?: unknown, object: object = {}): Promise<Answer["body"]> {
    const [method = ""] = name.split(" ");
    const request_id = `req-${told.size}`;
    const answer = await app.request(method, path, body, { ...key.headers, "x-request-id": request_id });
    expect(answer.status, `${name} ${answer.text}`).toBeLessThan(300);
    await app.settled();
    const rows = (await rowsOf(app, { limit: 2 })).filter((row: { request_id: string }) => row.request_id === request_id);
    const operation = operations.find((one) => nameOf(one) === name);
    expect(rows, name).toEqual([
      {
        id: expect.any(String),
        occurred: expect.any(String),
        principal: { type: "API_KEY", id: key.id, name: "ci", role: "owner" },
        operation: name,
        object: expect.objectContaining({
          kind: operation?.audited,
          id: answer.body?.id ?? null,
          name: null,
          count: null,
          ...object,
        }),
        request_id,
      },
    ]);
    told.add(name);
    return answer.body;
  }

  it("has exactly one row: for flows, deployments and runs", async () => {
    const flow = await change("POST /flows/", "/flows/", { name: "flow" }, { name: "flow" });
    await change("PATCH /flows/{id}", `/flows/${flow.id}`, { tags: ["a"] }, { id: flow.id });
    const create = { name: "dep", flow_id: flow.id, schedules: [{ schedule: { interval: 3600 } }] };
    const { id } = await change("POST /deployments/", "/deployments/", create, { name: "dep" });
    await change("PATCH /deployments/{id}", `/deployments/${id}`, { description: "x" }, { id });
    await change("POST /deployments/{id}/pause_deployment", `/deployments/${id}/pause_deployment`, undefined, { id });
    await change("POST /deployments/{id}/resume_deployment", `/deployments/${id}/resume_deployment`, undefined, { id });
    await change("POST /deployments/{id}/schedule", `/deployments/${id}/schedule`, {}, { id });
    const schedules = `/deployments/${id}/schedules`;
    const [schedule] = await change("POST /deployments/{id}/schedules", schedules, [{ schedule: { interval: 60 } }], { id });
    const named = { id, name: schedule.id };
    const one = `${schedules}/${schedule.id}`;
    await change("PATCH /deployments/{id}/schedules/{schedule_id}", one, { active: false }, named);
    await change("DELETE /deployments/{id}/schedules/{schedule_id}", one, undefined, named);
    const run = await change("POST /deployments/{id}/create_flow_run", `/deployments/${id}/create_flow_run`, {});
    const bulk = `/deployments/${id}/create_flow_run/bulk`;
    await change("POST /deployments/{id}/create_flow_run/bulk", bulk, [{}, {}], { id, count: 2 });
    await change("PATCH /flow_runs/{id}", `/flow_runs/${run.id}`, { name: "n" }, { id: run.id });
    await change("PATCH /flow_runs/{id}/labels", `/flow_runs/${run.id}/labels`, { a: 1 }, { id: run.id });
    await change("DELETE /flow_runs/{id}", `/flow_runs/${run.id}`, undefined, { id: run.id });
    await change("POST /flow_runs/", "/flow_runs/", { flow_id: flow.id, name: "r" });
    const runs = { flow_runs: { name: { any_: ["r"] } } };
    await change("POST /flow_runs/bulk_delete", "/flow_runs/bulk_delete", runs, { count: 1 });
    const task = (await app.post("/task_runs/", { flow_run_id: null, task_key: "t", dynamic_key: "0" }, admin)).body.id;
    await change("DELETE /task_runs/{id}", `/task_runs/${task}`, undefined, { id: task });
    const other = (await app.post("/deployments/", { name: "other", flow_id: flow.id }, admin)).body.id;
    await change("DELETE /deployments/{id}", `/deployments/${other}`, undefined, { id: other });
    await change(
      "POST /deployments/bulk_delete",
      "/deployments/bulk_delete",
      { deployments: { id: { any_: [id] } } },
      { count: 1 },
    );
    const second = (await app.post("/flows/", { name: "second" }, admin)).body.id;
    await change("DELETE /flows/{id}", `/flows/${second}`, undefined, { id: second });
    await change("POST /flows/bulk_delete", "/flows/bulk_delete", { flows: { id: { any_: [flow.id] } } }, { count: 1 });
  });

  it("for pools, queues, workers and limits", async () => {
    await change("POST /work_pools/", "/work_pools/", { name: "pool", type: "process" }, { name: "pool" });
    await change("PATCH /work_pools/{name}", "/work_pools/pool", { description: "x" }, { name: "pool" });
    const queues = "/work_pools/pool/queues";
    await change("POST /work_pools/{work_pool_name}/queues", queues, { name: "q" }, { name: "pool/q" });
    await change("PATCH /work_pools/{work_pool_name}/queues/{name}", `${queues}/q`, { description: "x" }, { name: "pool/q" });
    await change("DELETE /work_pools/{work_pool_name}/queues/{name}", `${queues}/q`, undefined, { name: "pool/q" });
    await app.post("/work_pools/pool/workers/heartbeat", { name: "w" }, admin);
    const worker = "/work_pools/pool/workers/w";
    await change("DELETE /work_pools/{work_pool_name}/workers/{name}", worker, undefined, { name: "pool/w" });
    const queue = await change("POST /work_queues/", "/work_queues/", { name: "lone" }, { name: "lone" });
    await change("PATCH /work_queues/{id}", `/work_queues/${queue.id}`, { description: "x" }, { id: queue.id });
    await change("DELETE /work_queues/{id}", `/work_queues/${queue.id}`, undefined, { id: queue.id });
    await change("DELETE /work_pools/{name}", "/work_pools/pool", undefined, { name: "pool" });

    const tagged = { tag: "t", concurrency_limit: 2 };
    await change("POST /concurrency_limits/", "/concurrency_limits/", tagged, { id: null, name: "t" });
    const reset = "/concurrency_limits/tag/t/reset";
    await change("POST /concurrency_limits/tag/{tag}/reset", reset, {}, { name: "t" });
    await change("DELETE /concurrency_limits/tag/{tag}", "/concurrency_limits/tag/t", undefined, { name: "t" });
    const { id } = (await app.post("/concurrency_limits/", tagged, admin)).body;
    await change("DELETE /concurrency_limits/{id}", `/concurrency_limits/${id}`, undefined, { id });
    const limit = await change("POST /v2/concurrency_limits/", "/v2/concurrency_limits/", { name: "l", limit: 1 }, { name: "l" });
    const byId = `/v2/concurrency_limits/${limit.id}`;
    await change("PATCH /v2/concurrency_limits/{id_or_name}", byId, { limit: 2 }, { id: limit.id });
    await change("DELETE /v2/concurrency_limits/{id_or_name}", "/v2/concurrency_limits/l", undefined, { name: "l" });
  });

  it("for blocks, variables, artifacts, searches and policies", async () => {
    await change("POST /block_types/install_system_block_types", "/block_types/install_system_block_types", undefined);
    const type = await change("POST /block_types/", "/block_types/", { name: "T", slug: "t" }, { name: "T" });
    await change("PATCH /block_types/{id}", `/block_types/${type.id}`, { description: "x" }, { id: type.id });
    const capabilities = ["write-path"];
    const schema = await change("POST /block_schemas/", "/block_schemas/", { block_type_id: type.id, fields: {}, capabilities });
    const kind = { block_type_id: type.id, block_schema_id: schema.id };
    const document = await change("POST /block_documents/", "/block_documents/", { ...kind, name: "b", data: {} }, { name: "b" });
    const { id } = document;
    await change("PATCH /block_documents/{id}", `/block_documents/${id}`, { data: { a: 1 } }, { id });
    await change("PUT /admin/storage", "/admin/storage", { default_result_storage_block_id: id });
    await change("DELETE /admin/storage", "/admin/storage");
    const policies = "/flow_run_notification_policies";
    const create = { is_active: true, state_names: [], tags: [], block_document_id: id };
    const policy = await change(`POST ${policies}/`, `${policies}/`, create);
    await change(`PATCH ${policies}/{id}`, `${policies}/${policy.id}`, { is_active: false }, { id: policy.id });
    await change(`DELETE ${policies}/{id}`, `${policies}/${policy.id}`, undefined, { id: policy.id });
    await change("DELETE /block_documents/{id}", `/block_documents/${id}`, undefined, { id });
    await change("DELETE /block_schemas/{id}", `/block_schemas/${schema.id}`, undefined, { id: schema.id });
    await change("DELETE /block_types/{id}", `/block_types/${type.id}`, undefined, { id: type.id });

    const variable = await change("POST /variables/", "/variables/", { name: "v", value: 1 }, { name: "v" });
    await change("PATCH /variables/{id}", `/variables/${variable.id}`, { value: 2 }, { id: variable.id });
    await change("PATCH /variables/name/{name}", "/variables/name/v", { value: 3 }, { name: "v" });
    await change("DELETE /variables/name/{name}", "/variables/name/v", undefined, { name: "v" });
    const second = (await app.post("/variables/", { name: "w", value: 1 }, admin)).body.id;
    await change("DELETE /variables/{id}", `/variables/${second}`, undefined, { id: second });
    const artifact = (await app.post("/artifacts/", { key: "k", type: "markdown", data: "x" }, admin)).body.id;
    await change("DELETE /artifacts/{id}", `/artifacts/${artifact}`, undefined, { id: artifact });

    const search = await change("PUT /saved_searches/", "/saved_searches/", { name: "s", filters: [] }, { id: null, name: "s" });
    await change("DELETE /saved_searches/{id}", `/saved_searches/${search.id}`, undefined, { id: search.id });
  });

  it("for automations, keys and the database", async () => {
    const create = { name: "a", trigger: { posture: "Reactive" }, actions: [] };
    const { id } = await change("POST /automations/", "/automations/", create, { name: "a" });
    await change("PUT /automations/{id}", `/automations/${id}`, create, { id });
    await change("PATCH /automations/{id}", `/automations/${id}`, { enabled: false }, { id });
    await change("DELETE /automations/{id}", `/automations/${id}`, undefined, { id });
    await app.post("/automations/", { ...create, owner_resource: "prefect.deployment.x" }, admin);
    const owned = "/automations/owned-by/prefect.deployment.x";
    await change("DELETE /automations/owned-by/{resource_id}", owned, undefined, { name: "prefect.deployment.x" });
    const made = await change("POST /admin/keys/", "/admin/keys/", { name: "k", role: "viewer" }, { name: "k" });
    await change("DELETE /admin/keys/{id}", `/admin/keys/${made.id}`, undefined, { id: made.id });
    await app.post("/flows/", { name: "left" }, admin);
    await change("POST /admin/database/clear", "/admin/database/clear", { confirm: true });
    await app.post("/flows/", { name: "left" }, admin);
    await change("POST /admin/database/drop", "/admin/database/drop", { confirm: true });
  });

  it("is one of all that the audit tells", () => {
    const audited = operations.filter((operation) => typeof operation.audited === "string").map(nameOf);
    expect(audited.filter((name) => !told.has(name))).toEqual([]);
  });
});

describe("a request", () => {
  it("that is refused, or changes nothing, has no row", async () => {
    const app = await testApp();
    const open = {};
    await app.post("/flows/", { name: "flow" });
    await app.post("/variables/", { name: "v", value: 1 });
    const before = (await rowsOf(app, {}, open)).length;
    const again = [
      await app.post("/flows/", { name: "flow" }),
      await app.post("/variables/", { name: "v", value: 2 }),
      await app.post("/variables/", { name: "not a name!", value: 2 }),
      await app.patch(`/flows/${nobody}`, { tags: [] }),
      await app.delete(`/deployments/${nobody}`),
      await app.post(`/deployments/${nobody}/create_flow_run`, {}),
      await app.post("/flow_runs/", { flow_id: nobody }),
      await app.post("/flows/bulk_delete", { flows: { name: { any_: ["none"] } } }),
      await app.delete("/automations/owned-by/nobody"),
      await app.post("/admin/database/clear", { confirm: false }),
    ];
    expect(again.map(({ status }) => status)).toEqual([200, 409, 422, 404, 404, 404, 409, 200, 202, 400]);
    expect(await rowsOf(app, {}, open)).toHaveLength(before);
  });

  it("of two that create the same at once has the one row", async () => {
    const app = await testApp();
    const answers = await Promise.all(Array.from({ length: 8 }, () => app.post("/flows/", { name: "once" })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const rows = await rowsOf(app, { operation: "POST /flows/" }, {});
    expect(rows.map(({ object }: Answer["body"]) => object.id)).toEqual([answers[0]?.body.id]);
  });

  it("whose answer was lost, and that is sent again, has one row", async () => {
    const app = await testApp();
    app.wrapDatabase(losing);
    const body = { name: "lost", value: 1 };
    expect((await app.post("/variables/", body)).status).toBe(503);
    app.wrapDatabase((db) => db);
    expect((await app.post("/variables/", body)).status).toBe(409);
    expect(await rowsOf(app, {}, {})).toMatchObject([{ operation: "POST /variables/", object: { name: "lost" } }]);
  });

  it("of several transactions has one row", async () => {
    const app = await testApp();
    const { id } = (await app.post("/flows/", { name: "many" })).body;
    const { db } = app.deps();
    await db.write([
      {
        sql: `insert into flow_run (id, created, updated, name, flow_id, state_type, run_count, total_run_time, auto_scheduled, parameters, context, tags, labels, empirical_policy)
          with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000)
          select printf('00000000-0000-4000-8000-%012d', i), 1, 1, 'r', ?, 'COMPLETED', 0, 0, 0, '{}', '{}', '[]', '{}', '{}' from n`,
        args: [id],
      },
    ]);
    const deleted = await app.delete(`/flows/${id}`);
    expect(deleted.status).toBe(204);
    expect(deleted.roundTrips).toBeGreaterThan(3);
    expect(await rowsOf(app, { operation: "DELETE /flows/{id}" }, {})).toHaveLength(1);
  });

  it("to an open server is told as anybody's, with the id that it has sent or one of its own", async () => {
    const app = await testApp();
    await app.post("/flows/", { name: "a" }, { "x-request-id": "mine:1" });
    await app.post("/flows/", { name: "b" }, { "x-request-id": "not an id <script>" });
    const anybody = { type: "ANONYMOUS", id: null, name: "anonymous", role: null };
    expect(await rowsOf(app, {}, {})).toMatchObject([
      { principal: anybody, request_id: "mine:1" },
      { principal: anybody, request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ]);
  });
});

const losing = (db: Database): Database => ({
  ...db,
  write: async (statements) => {
    await db.write(statements);
    throw new DatabaseUnavailable("the connection broke");
  },
});

describe("the list of changes", () => {
  it("is filtered by who, operation, object and time, newest first, in one round trip", async () => {
    const app = await testApp({ MILLIWAYS_AUTH_STRING: password });
    const key = await makeKey(app, "developer", { name: "dev" });
    const { id } = (await app.post("/flows/", { name: "f" }, key.headers)).body;
    await app.patch(`/flows/${id}`, { tags: ["a"] }, admin);
    await app.delete(`/flows/${id}`, admin);
    const all = await app.post("/audit/filter", {}, admin);
    expect(all.roundTrips).toBe(1);
    const operationsOf = async (filter: object) =>
      (await app.post("/audit/filter", filter, admin)).body.map(({ operation }: Answer["body"]) => operation);
    const [deletion, change, creation, made] = ["DELETE /flows/{id}", "PATCH /flows/{id}", "POST /flows/", "POST /admin/keys/"];
    expect(await operationsOf({})).toEqual([deletion, change, creation, made]);
    expect(await operationsOf({ limit: 1, offset: 1 })).toEqual([change]);
    expect(await operationsOf({ principal: "dev" })).toEqual([creation]);
    expect(await operationsOf({ principal: "configured", object_id: id })).toEqual([deletion, change]);
    expect(await operationsOf({ principal_id: key.id })).toEqual([creation]);
    expect(await operationsOf({ operation: change })).toEqual([change]);
    expect(await operationsOf({ object_name: "f" })).toEqual([creation]);
    const time = all.body[1].occurred;
    expect(await operationsOf({ since: time })).toEqual([deletion, change]);
    expect(await operationsOf({ until: time })).toEqual([creation, made]);
    expect((await app.post("/audit/filter", { limit: 201 }, admin)).status).toBe(422);
    expect((await app.post("/audit/filter", { principal: "x".repeat(501) }, admin)).status).toBe(422);
  });

  it("uses an index for each filter, and none is sorted", async () => {
    const app = await testApp();
    const { db } = app.deps();
    const asked: Sql[] = [];
    app.wrapDatabase((one) => ({
      ...one,
      read: (statements) => {
        asked.push(...statements);
        return one.read(statements);
      },
    }));
    const plan = async (filter: object): Promise<string> => {
      asked.length = 0;
      expect((await app.post("/audit/filter", filter)).status).toBe(200);
      const [statement] = asked;
      if (statement === undefined) throw new Error("nothing was asked");
      const steps = await db.execute({ ...statement, sql: `explain query plan ${statement.sql}` });
      return steps.rows.map((row) => row[3]).join("; ");
    };
    const range = { since: "2026-01-01T00:00:00Z", until: "2026-01-02T00:00:00Z" };
    const values = { principal: "x", principal_id: nobody, operation: "x", object_id: nobody, object_name: "x" };
    for (const [column, value] of Object.entries(values))
      expect(await plan({ [column]: value, ...range })).toContain(
        `SEARCH a USING INDEX ix_audit__${column} (${column}=? AND rowid>? AND rowid<?)`,
      );
    expect(await plan({ principal: "x", operation: "x" })).toMatch(/SEARCH a USING INDEX ix_audit__operation \(operation=\?\)/);
    expect(await plan(range)).toContain("SEARCH a USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
    const whole = await plan({});
    expect(whole).toContain("SCAN a");
    for (const one of [whole, await plan(values), await plan(range)]) expect(one).not.toContain("TEMP B-TREE");
  });

  it("keeps the order of rows of one moment, and finds them by their time", async () => {
    const app = await testApp();
    for (let i = 0; i < 3; i++) await app.post("/variables/", { name: `v${i}`, value: i });
    const rows = await rowsOf(app, {}, {});
    expect(rows.map(({ object }: Answer["body"]) => object.name)).toEqual(["v0", "v1", "v2"]);
    for (const { occurred, id } of rows) {
      const until = new Date(Date.parse(occurred) + 1).toISOString();
      expect((await rowsOf(app, { since: occurred, until }, {})).map((row: Answer["body"]) => row.id)).toContain(id);
    }
  });

  it("is changed by nothing: not by its database either", async () => {
    const app = await testApp();
    await app.post("/flows/", { name: "f" });
    const { db } = app.deps();
    await expect(db.execute({ sql: "update audit set principal = 'somebody else'", args: [] })).rejects.toThrow("never changed");
    const ofAudit = operations.filter(({ path }) => path.startsWith("/audit")).map(nameOf);
    expect(ofAudit).toEqual(["POST /audit/filter"]);
    await app.post("/admin/database/clear", { confirm: true });
    expect(await rowsOf(app, { operation: "POST /flows/" }, {})).toHaveLength(1);
  });
});

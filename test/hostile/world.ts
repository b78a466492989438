import type { Operation } from "../../src/http/operation.ts";
import { isJsonObject } from "../../src/lib/json.ts";
import { type Database, openDatabase } from "../../src/store/client.ts";
import { type Answer, type TestApp, testApp } from "../support/app.ts";
import { freshDatabase } from "../support/database.ts";
import { bodySchema, fill, type Known, rules, sample } from "../support/samples.ts";

/** A server with one object of each kind, what leads to them, and a watch over its tables. */
export interface World {
  readonly app: TestApp;
  /** Members by name, for bodies that refer to objects that are there. */
  readonly known: Known;
  /** Returns the path of an operation on an object that is there; `others` replaces parameters. */
  readonly path: (operation: Operation, others?: Record<string, string>) => string;
  /** Returns a body with every member of the operation's schema. */
  readonly body: (operation: Operation) => unknown;
  /** Sends a request; throws on a 5xx, and on a 4xx that left anything behind. */
  readonly send: (operation: Operation, request: Sent) => Promise<Answer>;
}

export interface Sent {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Operations that would take away what the others need. */
export const isDestructive = ({ method, path }: Operation): boolean =>
  method === "DELETE" || path.startsWith("/admin/database/") || path.endsWith("/bulk_delete");

export async function hostileWorld(): Promise<World> {
  const { url } = await freshDatabase();
  let writes = 0;
  const watched = (db: Database): Database => ({
    ...db,
    execute: (statement) => {
      if (/insert|update|delete/i.test(statement.sql)) writes++;
      return db.execute(statement);
    },
    write: (statements) => {
      writes++;
      return db.write(statements);
    },
  });
  const app = await testApp(
    { TURSO_DATABASE_URL: url },
    {
      // Read anew for each request.
      get db() {
        return watched(openDatabase({ url }));
      },
    },
  );
  const made = async (path: string, body: unknown): Promise<string> => {
    const answer = await app.post(path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.body.id;
  };
  const flow_id = await made("/flows/", { name: "flow" });
  const work_pool_id = await made("/work_pools/", { name: "pool", type: "process" });
  const work_queue_id = await made("/work_pools/pool/queues", { name: "queue" });
  const deployment_id = await made("/deployments/", { name: "deployment", flow_id });
  const schedules = await app.post(`/deployments/${deployment_id}/schedules`, [{ schedule: { interval: 3600 } }]);
  const flow_run_id = await made("/flow_runs/", { flow_id, deployment_id, state: { type: "SCHEDULED" } });
  const task_run_id = await made("/task_runs/", { flow_run_id, task_key: "task", dynamic_key: "0" });
  await app.post(`/flow_runs/${flow_run_id}/input`, { key: "key", value: "value" });
  const limit_id = await made("/concurrency_limits/", { tag: "tag", concurrency_limit: 5 });
  const limit_v2_id = await made("/v2/concurrency_limits/", { name: "limit", limit: 5 });
  const lease = await app.post("/v2/concurrency_limits/increment-with-lease", {
    names: ["limit"],
    slots: 1,
    mode: "concurrency",
  });
  const automation_id = await made("/automations/", { name: "automation", trigger: { posture: "Reactive" }, actions: [] });
  await app.post("/work_pools/pool/workers/heartbeat", { name: "worker" });
  const run = (await app.get(`/flow_runs/${flow_run_id}`)).body;
  const task = (await app.get(`/task_runs/${task_run_id}`)).body;

  const ids: Record<string, string> = {
    flows: flow_id,
    flow_runs: flow_run_id,
    task_runs: task_run_id,
    flow_run_states: run.state_id,
    task_run_states: task.state_id ?? run.state_id,
    deployments: deployment_id,
    work_queues: work_queue_id,
    concurrency_limits: limit_id,
    automations: automation_id,
  };
  const names: Record<string, string> = { flows: "flow", work_pools: "pool", work_queues: "default" };
  const parameters = ({ path }: Operation): Record<string, string> => {
    const group = path.split("/")[1] ?? "";
    return {
      id: ids[group] ?? flow_id,
      name: path.includes("/queues/") ? queue : path.includes("/workers/") ? "worker" : (names[group] ?? "flow"),
      work_pool_name: "pool",
      flow_name: "flow",
      deployment_name: "deployment",
      schedule_id: schedules.body[0].id,
      key: "key",
      tag: "tag",
      id_or_name: limit_v2_id,
      lease_id: lease.body.lease_id,
      countable: "day",
      view: "aggregate-worker-metadata",
    };
  };
  let name = 0;
  let queue = "queue";
  const bodies = new Map<Operation, unknown>();
  const known: Known = {
    ...rules,
    name: "name",
    flow_id,
    flow_run_id,
    task_run_id,
    deployment_id,
    work_pool_id,
    work_queue_id,
    parent_task_run_id: task_run_id,
    work_pool_name: "pool",
    work_queue_name: "queue",
    lease_id: lease.body.lease_id,
    names: ["limit"],
    work_queue_names: ["default"],
    // Foreign keys to objects that this world has none of.
    concurrency_limit_id: undefined,
    infrastructure_document_id: undefined,
    storage_document_id: undefined,
  };
  const changes = await changesOf(openDatabase({ url }));
  let before = await changes();
  return {
    app,
    known,
    path: (operation, others = {}) => fill(operation, { ...parameters(operation), ...others }),
    body(operation) {
      const body = bodies.get(operation) ?? sample(bodySchema(operation), known);
      bodies.set(operation, body);
      // What is created needs a name that is not taken.
      return isJsonObject(body) && typeof body.name === "string" ? { ...body, name: `name-${++name}` } : body;
    },
    async send({ method, path: name }, { path, body, headers }) {
      writes = 0;
      const answer = await app.request(method, path, body, headers);
      await app.settled();
      const told = () => `${method} ${name} ${path} ${show(body)}: ${answer.status} ${answer.text.slice(0, 400)}`;
      if (answer.status >= 500) throw new Error(told());
      if (writes === 0) return answer;
      const [known, after] = [before, await changes()];
      before = after;
      if (answer.status >= 400 && after !== known) throw new Error(`${told()}\nleft behind: ${difference(known, after)}`);
      // A queue is found by its name alone.
      if (method === "PATCH" && name.includes("queues/") && answer.status < 300 && isJsonObject(body))
        queue = String(body.name ?? queue);
      return answer;
    },
  };
}

const show = (body: unknown): string => {
  const text = typeof body === "string" ? body : (JSON.stringify(body) ?? "");
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length})` : text;
};

const difference = (before: string, after: string): string => {
  const lines = before.split("\n");
  return after
    .split("\n")
    .filter((line, i) => line !== lines[i])
    .join(", ");
};

/**
 * Lets each table count its changes, and returns what tells them: a change that was rolled back leaves no trace. A row of the audit is taken
 * back in its transaction where nothing else changes, so that its rows are counted.
 */
async function changesOf(db: Database): Promise<() => Promise<string>> {
  const tables = await db.execute({
    sql: "select name from sqlite_schema where type = 'table' and sql like 'create table%' and name not like '%sqlite%' and name <> 'audit' order by name",
    args: [],
  });
  const names = Array.from(tables.rows, (row) => String(row[0]));
  const counting = names.flatMap((name) =>
    ["insert", "update", "delete"].map(
      (verb) =>
        `create trigger count_${verb}_${name} after ${verb} on "${name}" begin update change set n = n + 1 where name = '${name}'; end`,
    ),
  );
  await db.write([
    { sql: "create table change (name text primary key, n integer not null)", args: [] },
    ...names.map((name) => ({ sql: "insert into change values (?, 0)", args: [name] })),
    ...counting.map((sql) => ({ sql, args: [] })),
  ]);
  return async () => {
    const { rows } = await db.execute({
      sql: "select name, n from change union all select 'audit', count(*) from audit order by name",
      args: [],
    });
    return Array.from(rows, (row) => `${row[0]}: ${row[1]} changes`).join("\n");
  };
}

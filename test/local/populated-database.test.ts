import { type Client, createClient } from "@libsql/client/http";
import { beforeAll, describe, expect, it } from "vitest";
import { applyMigrations, readMigrations } from "../../src/local/migrations.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { emptyDatabase, freshDatabase } from "../support/database.ts";
import { filled, ids, populate } from "./rows-of-version-1.ts";

const migrations = readMigrations();
const rowsOf = async (client: Client, sql: string) => (await client.execute(sql)).rows.map((row) => ({ ...row }));

const schemaOf = (client: Client) =>
  rowsOf(client, "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY type, name");

/** Reads every row of the tables, with the columns given. */
async function contentsOf(client: Client, columns: ReadonlyMap<string, readonly string[]>) {
  const names = [...columns];
  const results = await client.batch(
    names.map(
      ([table, list]) => `SELECT ${list.map((column) => `"${column}"`)} FROM ${table} ORDER BY ${list.map((_, i) => i + 1)}`,
    ),
    "read",
  );
  return Object.fromEntries(names.map(([table], i) => [table, results[i]?.rows.map((row) => ({ ...row }))]));
}

describe("a database of version 1 with rows in every table, brought up to date", () => {
  let client: Client;
  let app: TestApp;
  let columns: ReadonlyMap<string, readonly string[]>;
  let before: Awaited<ReturnType<typeof contentsOf>>;
  beforeAll(async () => {
    const { url } = await emptyDatabase();
    client = createClient({ url });
    await applyMigrations(client, migrations.slice(0, 1));
    await client.batch(populate(), "write");
    const described = await rowsOf(
      client,
      `SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> 'schema_migration' ORDER BY t.name, c.cid`,
    );
    const byTable = Map.groupBy(described, (row) => String(row.table));
    columns = new Map([...byTable].map(([table, list]) => [table, list.map((row) => String(row.column))]));
    before = await contentsOf(client, columns);
    expect(await applyMigrations(client, migrations)).toEqual(migrations.slice(1));
    app = await testApp({ TURSO_DATABASE_URL: url });
  });

  it("had rows in every table", () => {
    expect([...columns.keys()].toSorted()).toEqual(filled.toSorted());
    for (const [table, rows] of Object.entries(before)) expect([table, rows?.length]).not.toEqual([table, 0]);
  });

  it("has every row as it was, in every column that there was", async () => {
    expect(await contentsOf(client, columns)).toEqual(before);
  });

  it("has the tables, indexes and triggers of a new database", async () => {
    expect(await schemaOf(client)).toEqual(await schemaOf(createClient(await freshDatabase())));
  });

  it("has indexes that hold each row, and references that lead to one", async () => {
    expect(await rowsOf(client, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(await rowsOf(client, "PRAGMA foreign_key_check")).toEqual([]);
  });

  it.each([
    ["/flows/filter", "flows"],
    ["/flow_runs/filter", "flow_runs"],
    ["/task_runs/filter", "task_runs"],
    ["/deployments/filter", "deployments"],
    ["/work_pools/filter", "pools"],
    ["/work_queues/filter", "queues"],
    ["/work_pools/full/workers/filter", "workers"],
    ["/logs/filter", "logs"],
    ["/v2/concurrency_limits/filter", "limits"],
  ] as const)("is listed whole by %s", async (path, kind) => {
    const answer = await app.post(path, {});
    expect(answer.body.map((one: { id: string }) => one.id).toSorted(), answer.text.slice(0, 500)).toEqual(ids[kind]);
  });

  it("shows the states and inputs of its runs", async () => {
    const [run] = ids.flow_runs;
    expect((await app.get(`/flow_runs/${run}`)).body).toMatchObject({ state: { type: "COMPLETED" }, tags: ["a", "a", "é", ""] });
    expect((await app.get(`/flow_run_states/?flow_run_id=${run}`)).body).toHaveLength(2);
    expect((await app.get(`/task_run_states/?task_run_id=${ids.task_runs[0]}`)).body).toHaveLength(2);
    expect((await app.post(`/flow_runs/${run}/input/filter`, { prefix: "", limit: 10 })).body).toHaveLength(2);
  });

  it("finds each event once by its related resources, those that come next as well", async () => {
    const related = [{ "prefect.resource.id": "related", "prefect.resource.role": "role" }];
    const event = (i: number) => ({
      id: `00000000-0000-4000-9000-${String(i).padStart(12, "0")}`,
      occurred: new Date(Date.UTC(2026, 0, 2) + i).toISOString(),
      event: "new",
      resource: { "prefect.resource.id": "new" },
      related,
    });
    // They fill the block that began at version 1, and begin the next.
    const added = Array.from({ length: 256 }, (_, i) => event(i));
    for (const one of [added.slice(0, 100), added.slice(100)]) expect((await app.post("/events", one)).status).toBe(204);
    const found = async (more: object) => {
      const filter = { occurred: { since: "2025-01-01", until: "2027-01-01" }, related: { id: ["related"] }, ...more };
      return (await app.post("/events/filter", { filter, limit: 50 })).body.total;
    };
    expect(await found({})).toBe(150 + 256);
    expect(await found({ event: { prefix: ["custom."] } })).toBe(150);
    expect(await found({ any_resource: { id: ["related"] }, event: { name: ["new"] } })).toBe(256);
    const indexed = await rowsOf(
      client,
      "SELECT count(*) AS n, max(position) AS last FROM event_related WHERE resource_id = 'related'",
    );
    expect(indexed).toEqual([{ n: 150 + 511 - 300, last: 511 }]);
  });
});

import { describe, expect, it } from "vitest";
import { clearedTables } from "../../src/store/admin/write.ts";
import { testApp } from "../support/app.ts";

// What migrations fill is no data of users: the record of migrations, the definitions that come with the server, and how far events are
// evaluated (their positions go on). Keys stay: without them the server would be open, or closed to who cleared it. The audit
// tells who cleared the database.
const isOfUsers =
  "name not like 'sqlite_%' and name not like 'system_block_%' and name not in ('schema_migration', 'collection_view', 'automation_cursor', 'api_key', 'audit')";

describe("clearing the database", () => {
  it("names every table that does not go with the rows of another", async () => {
    const { db } = (await testApp()).deps();
    const { rows } = await db.execute({
      sql: `select t.name from sqlite_schema t where t.type = 'table' and ${isOfUsers}
        and not exists (select 1 from pragma_foreign_key_list(t.name) k where k.on_delete = 'CASCADE')`,
      args: [],
    });
    expect(rows.map((row) => String(row[0])).filter((name) => !clearedTables.some((table) => table === name))).toEqual([]);
  });

  it("asks for a confirmation, then removes every row of every table, more of them than one transaction takes too", async () => {
    const app = await testApp();
    const { body: flow } = await app.post("/flows/", { name: "etl", tags: ["t"] });
    await app.post("/work_pools/", { name: "pool", type: "process" });
    const line = { name: "n", level: 20, message: "m", timestamp: "2035-01-01T00:00:00Z" };
    for (let i = 0; i < 3; i++)
      await app.post(
        "/logs/",
        Array.from({ length: 2500 }, () => line),
      );
    const run = { flow_id: flow.id, tags: ["x"], state: { type: "SCHEDULED" } };
    for (let i = 0; i < 5; i++) await app.post("/flow_runs/", run);
    const tables = await app.deps().db.execute({
      sql: `select name from sqlite_schema where type = 'table' and ${isOfUsers}`,
      args: [],
    });
    const rows = async () => {
      const sums = tables.rows.map((row) => `(select count(*) from "${String(row[0])}")`).join(" + ");
      return Number((await app.deps().db.execute({ sql: `select ${sums}`, args: [] })).rows[0]?.[0]);
    };
    const before = await rows();
    expect(before).toBeGreaterThan(7500);
    for (const body of [undefined, {}, { confirm: false }])
      expect((await app.post("/admin/database/clear", body)).status).toBe(400);
    expect(await rows()).toBe(before);
    expect((await app.post("/admin/database/clear", { confirm: true })).status).toBe(204);
    expect(await rows()).toBe(0);
    expect((await app.post("/flows/", { name: "etl" })).status).toBe(201);
  });
});

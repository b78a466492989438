import { beforeAll, describe, expect, it } from "vitest";
import { nextQueries } from "../../src/store/automation-evaluation/read.ts";
import type { Database, Sql } from "../../src/store/client.ts";
import { insertEvents } from "../../src/store/events/write.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { countWrites } from "../support/counted-writes.ts";
import { automationRow, eventOf, on, send, store } from "../support/evaluation.ts";

const many = 10_000;
let app: TestApp;
let db: Database;

// Among ten thousand: names of their own, names by patterns, one name with resources of their own.
beforeAll(async () => {
  app = await testApp();
  db = app.deps().db;
  const rows = Array.from({ length: many }, (_, i) => {
    if (i % 3 === 0) return automationRow(on([`name.${i}`]));
    if (i % 3 === 1) return automationRow(on([`pattern.${i}.*`]));
    return automationRow(on(["common"], { match: { "prefect.resource.id": `thing.${i}` } }));
  });
  for (let i = 0; i < many; i += 1_000) await store(db, rows.slice(i, i + 1_000));
}, 120_000);

const query = { passed: null, now: Date.now() * 1000, limit: 500, mostCandidates: 100 };

/** Returns how many rows the database reads for a statement. */
async function rowsRead({ sql, args }: Sql): Promise<number> {
  const encode = (value: unknown) =>
    typeof value === "number"
      ? { type: "integer", value: String(value) }
      : value === null
        ? { type: "null" }
        : { type: "text", value };
  const response = await fetch(new URL("v2/pipeline", app.deps().workspace.databaseUrl), {
    method: "POST",
    body: JSON.stringify({ requests: [{ type: "execute", stmt: { sql, args: args.map(encode) } }] }),
  });
  const found = /"rows_read":(\d+)/.exec(await response.text());
  if (found === null) throw new Error("no count of rows");
  return Number(found[1]);
}

describe("among ten thousand automations", () => {
  it.each([
    ["name", "never.expected", "thing.1"],
    ["pattern", "pattern.x", "thing.1"],
    ["resource", "common", "other.1"],
  ])("events whose %s none expects cost look-ups by keys alone", async (_, name, resource) => {
    const { rows } = await db.execute({ sql: "select coalesce(max(position), 0) from event", args: [] });
    const passed = {
      version: Number((await db.execute({ sql: "select version from automation_cursor", args: [] })).rows[0]?.[0]),
      position: Number(rows[0]?.[0]),
    };
    const events = Array.from({ length: 200 }, () => eventOf(name, { resource: { "prefect.resource.id": resource } }));
    await db.write(insertEvents(events, 1));
    const read = await Promise.all(nextQueries({ ...query, passed }).map(rowsRead));
    expect(Math.max(...read)).toBeLessThan(200 * 15);
  });

  it("events that concern none cost a read of the new events, and no write", async () => {
    await send(app, eventOf("common", { resource: { "prefect.resource.id": "thing.2" } }));
    const writes = countWrites(app);
    await send(app, ...Array.from({ length: 20 }, () => eventOf("common", { resource: { "prefect.resource.id": "other" } })));
    // The request's own.
    expect(writes).toHaveLength(1);
  });
});

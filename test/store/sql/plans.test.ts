import { createClient } from "@libsql/client/http";
import { beforeAll, describe, expect, test } from "vitest";
import { emit } from "../../../src/store/sql/emit.ts";
import { type Ask, alone, ask, asksOf, pairs, sortsOf, whereOf } from "../../scale/asks.ts";
import {
  askEvents,
  askEventsPlainly,
  askEventTotal,
  askLogs,
  eventMembers,
  logMembers,
  logSorts,
} from "../../scale/event-asks.ts";
import { fillLargeWorld, startOf } from "../../scale/large-world.ts";
import { type Measured, type MeasuringDatabase, measuringDatabase } from "../../scale/measuring-database.ts";
import { planOf, wronglyLed } from "../../scale/plans.ts";
import { sample } from "../../scale/sample.ts";
import { uiAsks } from "../../scale/ui-asks.ts";
import { freshDatabase } from "../../support/database.ts";

const size = { runs: 60_000, taskRuns: 60_000, events: 60_000, logs: 60_000 };
const mostOfPage = 20_000;
// A count goes through each table that it names so many times at most: to try, to count, and an index beside each row.
const mostTimes = 4;
// What no index tells, or not in the order asked for: where few rows are so, a page may go through all of them, once and a little more.
const untold =
  /name\.like_|flow_version|start_time\.is_null_|created_by|tags\.is_null_|paused|_queue_name\.is_null_|(before|after)_|past/;
const now = startOf(size.runs);

let db: MeasuringDatabase;
let tables: ReadonlyMap<string, number>;
beforeAll(async () => {
  const database = await freshDatabase();
  const client = createClient(database);
  await fillLargeWorld(client, size);
  db = measuringDatabase(database);
  const names = await client.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
  const counts = await client.batch(names.rows.map(({ name }) => `SELECT count(*) AS rows FROM ${name}`));
  tables = new Map(names.rows.map(({ name }, i) => [String(name), Number(counts[i]?.rows[0]?.rows)]));
  client.close();
}, 120_000);

const seen = new Set<string>();

// What is wrong with a statement: who leads its correlated subqueries, and how many rows it read.
async function faultsOf(name: string, statement: Measured, kind: "page" | "count"): Promise<string[]> {
  const named = [...statement.sql.matchAll(/\b(?:from|join) "?(\w+)/gi)].map(([, table = ""]) => table);
  const explained = [...new Set(named)].reduce((sum, table) => sum + (tables.get(table) ?? 0), 0);
  const isBounded = kind === "page" && !name.includes(" + ") && !untold.test(name);
  const most = isBounded ? mostOfPage : Math.max(explained * mostTimes, mostOfPage);
  const faults = statement.rowsRead > most ? [`${name}: ${statement.rowsRead} rows read, ${most} at most`] : [];
  if (seen.has(statement.sql)) return faults;
  seen.add(statement.sql);
  const computed = new Set([...statement.sql.matchAll(/(\w+) \([\w, ]+\) AS MATERIALIZED/g)].map(([, table = ""]) => table));
  for (const [, table = "", alias = ""] of statement.sql.matchAll(/(\w+) AS (\w+)/g))
    if (computed.has(table)) computed.add(alias);
  const led = wronglyLed(await planOf(db, statement), computed).filter((step) => !isOfQueueFilter(statement, step));
  db.taken();
  return [...faults, ...led.map((step) => `${name}: a correlated subquery is led by ${step}`)];
}

// Queues of the oldest kind take runs by a filter of their own: their slots are counted among the runs under way.
const isOfQueueFilter = ({ sql }: Measured, step: string) =>
  sql.includes("q.filter") && step === "SEARCH r USING INDEX ix_flow_run__state_type_start_or_expected (state_type=?)";

async function faultsOfAll(asks: readonly Ask[]): Promise<string[]> {
  const faults: string[] = [];
  for (const one of asks) {
    await ask(db, one);
    const name = `${one.name}, ${one.sort ?? "count"}`;
    for (const statement of db.taken())
      faults.push(...(await faultsOf(name, statement, one.sort === undefined ? "count" : "page")));
  }
  return faults;
}

const isOwn = (name: string, entity: string) => name === "everything" || name.startsWith(`${entity}.`);

const listed = ["flows", "flow_runs", "task_runs", "deployments", "work_pools", "work_queues"] as const;

describe("among sixty thousand runs no subquery is led by anything but its link, and few rows are read", () => {
  test.each(listed)(
    "for %s by each member of each filter, in every order and counted",
    async (entity) => {
      const asks = asksOf(entity, alone(entity, size.runs));
      // Members of related filters are emitted alike in every order: two orders each, in turn.
      const asked = asks.filter(
        ({ name, sort }, i) => isOwn(name, entity) || sort === undefined || i % sortsOf(entity).length < 2,
      );
      expect(await faultsOfAll(asked)).toEqual([]);
    },
    120_000,
  );

  test.each(["flow_runs", "task_runs"] as const)(
    "for %s every way of counting counts alike",
    async (entity) => {
      const table = entity === "flow_runs" ? "flow_run" : "task_run";
      const counts = asksOf(entity, alone(entity, size.runs)).filter(({ sort }) => sort === undefined);
      for (const one of counts) {
        const where = emit(whereOf(one), "r");
        const plain = await db.execute({ sql: `SELECT count(*) FROM ${table} AS r WHERE ${where.sql}`, args: where.args });
        expect(`${one.name}: ${await ask(db, one)}`).toBe(`${one.name}: ${plain.rows[0]?.[0]}`);
      }
      db.taken();
    },
    120_000,
  );

  test.each(["flows", "flow_runs", "task_runs", "deployments"] as const)(
    "for %s by members of two filters",
    async (entity) => {
      const sorts = sortsOf(entity);
      const asks = sample(pairs(entity, size.runs), 100).flatMap((pair, i): Ask[] => [
        { listed: entity, sort: sorts[i % sorts.length] ?? "", ...pair },
        { listed: entity, ...pair },
      ]);
      expect(await faultsOfAll(asks)).toEqual([]);
    },
    120_000,
  );

  test.each(Object.entries(eventMembers(size.events)))("for events by %s", async (name, body) => {
    const faults: string[] = [];
    for (const order of ["ASC", "DESC"] as const) {
      const found = await askEvents(db, body, order, now);
      for (const statement of db.taken()) faults.push(...(await faultsOf(`${name}, ${order}`, statement, "page")));
      expect(found).toEqual(await askEventsPlainly(db, body, order, now));
      db.taken();
    }
    await askEventTotal(db, body, now);
    for (const statement of db.taken()) faults.push(...(await faultsOf(`${name}, total`, statement, "count")));
    expect(faults).toEqual([]);
  });

  test.each(uiAsks(size.runs))("for the web interface: $name", async ({ name, ask: askUi }) => {
    await askUi(db);
    const faults: string[] = [];
    for (const statement of db.taken()) faults.push(...(await faultsOf(name, statement, "count")));
    expect(faults).toEqual([]);
  });

  test.each(Object.entries(logMembers(size.logs)))("for logs by %s", async (name, body) => {
    const faults: string[] = [];
    for (const sort of logSorts) {
      await askLogs(db, body, sort);
      for (const statement of db.taken()) faults.push(...(await faultsOf(`${name}, ${sort}`, statement, "page")));
    }
    expect(faults).toEqual([]);
  });
});

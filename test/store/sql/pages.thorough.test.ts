import { type Client, createClient } from "@libsql/client/http";
import { beforeAll, describe, expect, test } from "vitest";
import { compileFlowRunFilters, compileTaskRunFilters } from "../../../src/filters/index.ts";
import { countBody, filtersOfFlowRuns, filtersOfTaskRuns } from "../../../src/schemas/filters/bodies.ts";
import { type FlowRunSort, flowRunSort, taskRunSort } from "../../../src/schemas/sorting.ts";
import type { Sql } from "../../../src/store/client.ts";
import { orderFlowRuns, orderTaskRuns } from "../../../src/store/sql/order.ts";
import { flowRunCountQuery, flowRunIdsQuery, taskRunIdsQuery } from "../../../src/store/sql/page.ts";
import { freshDatabase } from "../../support/database.ts";
import { tagged } from "./world.ts";

const flow = "f0000000-0000-4000-8000-000000000000";
const id = (index: number) => `00000000-0000-4000-8000-${String((index * 7919) % 1000).padStart(12, "0")}`;
const runs = 120;

// Many equal values and nulls in every column that can be sorted by; the tag "rare" stands on three runs, "common" on most.
const row = (index: number) => ({
  id: id(index),
  name: index % 4 === 0 ? "B" : index % 4 === 1 ? "a" : `n${index % 3}`,
  tags: [...(index % 10 === 0 ? [] : ["common"]), ...(index % 40 === 7 ? ["rare"] : [])],
  state_type: index % 6 === 0 ? null : index % 6 === 1 ? "FAILED" : "COMPLETED",
  state_name: index % 2 === 0 ? "Odd" : "Even",
  expected_start_time: index % 5 === 0 ? null : index % 7,
  start_time: index % 3 === 0 ? null : index % 4,
  end_time: index % 2 === 0 ? null : index % 9,
  next_scheduled_start_time: index % 4 === 0 ? null : index % 3,
});

let client: Client;
beforeAll(async () => {
  client = createClient(await freshDatabase());
  const rows = Array.from({ length: runs }, (_, index) => row(index));
  await client.batch(
    [
      ...tagged("flow", { id: flow, name: "flow", tags: [] }),
      ...rows.flatMap((columns) => tagged("flow_run", { ...columns, flow_id: flow })),
      ...rows.flatMap((columns, index) => tagged("task_run", { ...columns, task_key: "key", dynamic_key: String(index) })),
    ],
    "write",
  );
});

const idsOf = async ({ sql, args }: Sql) => (await client.execute({ sql, args })).rows.map((found) => found.id);

const bodies: Record<string, unknown>[] = [
  {},
  { flow_runs: { tags: { any_: ["common"] } } },
  { flow_runs: { tags: { any_: ["rare"] } } },
  { flow_runs: { tags: { all_: ["rare", "common"] }, state: { type: { any_: ["COMPLETED"] } } } },
  { flow_runs: { state: { type: { any_: ["COMPLETED", "FAILED"] }, name: { any_: ["Odd"] } } } },
  { flow_runs: { name: { like_: "n" } }, flows: { name: { any_: ["flow"] } } },
  { flow_runs: { operator: "or_", name: { any_: ["a"] }, state: { type: { any_: ["FAILED"] } } } },
  { flow_runs: { id: { any_: [id(1), id(2), id(40)] } } },
];
const cases = bodies.flatMap((body) => flowRunSort.options.map((sort): [Record<string, unknown>, FlowRunSort] => [body, sort]));

describe("the pages of a list", () => {
  test.each(cases)("of %j by %s join to the whole in its order, however many rows count as few", async (body, sort) => {
    const where = compileFlowRunFilters(countBody(filtersOfFlowRuns).parse(body));
    const whole = await idsOf(flowRunIdsQuery({ where, sort, limit: 200, offset: 0 }));
    const sorted = `SELECT r.id FROM flow_run AS r WHERE r.id IN (SELECT value FROM json_each(?)) ORDER BY ${orderFlowRuns(sort, "r")}`;
    expect(whole).toEqual(await idsOf({ sql: sorted, args: [JSON.stringify(whole)] }));
    for (const way of [{ few: -1 }, { few: 5 }, { few: 2000 }, {}, { isSmall: true }]) {
      const pages = [];
      for (let offset = 0; offset < runs + 50; offset += 50)
        pages.push(...(await idsOf(flowRunIdsQuery({ where, sort, limit: 50, offset, ...way }))));
      expect(pages).toEqual(whole);
      expect((await client.execute(flowRunCountQuery({ where, ...way }))).rows).toEqual([{ count: whole.length }]);
    }
  });

  test("of no rows at all is empty", async () => {
    const where = compileFlowRunFilters(countBody(filtersOfFlowRuns).parse({ flow_runs: { tags: { any_: ["common"] } } }));
    expect(await idsOf(flowRunIdsQuery({ where, sort: "ID_DESC", limit: 0, offset: 0 }))).toEqual([]);
  });
});

describe("task runs by how long they ran", () => {
  const now = Date.now() * 1000;
  const hour = 3_600_000_000;
  const runTimes = [0, 5, 5, 7 * hour, 9 * hour, -3, hour / 2];
  const row = (index: number) => ({
    id: `10000000-0000-4000-8000-${String((index * 7919) % 1000).padStart(12, "0")}`,
    name: `n${index % 3}`,
    state_type: index % 5 === 0 ? "RUNNING" : index % 5 === 1 ? null : "COMPLETED",
    state_timestamp: index === 10 ? now + 1000 * hour : now - (index + 1) * hour,
    expected_start_time: index % 4 === 0 ? null : index % 6,
    total_run_time: runTimes[index % runTimes.length] ?? 0,
    tags: [...(index % 10 === 3 ? [] : ["common"]), ...(index % 40 === 7 ? ["rare"] : [])],
  });
  const rows = Array.from({ length: 100 }, (_, index) => row(index));
  const ranFor = ({ state_type, state_timestamp, total_run_time }: ReturnType<typeof row>) =>
    state_type === "RUNNING" ? Math.max(1, now - state_timestamp + Math.max(total_run_time, 0)) : Math.max(total_run_time, 0);
  let own: Client;
  beforeAll(async () => {
    own = createClient(await freshDatabase());
    await own.batch(
      rows.flatMap((columns, index) => tagged("task_run", { ...columns, task_key: "key", dynamic_key: String(index) })),
      "write",
    );
  });

  const bodies = [{}, { tags: { all_: ["common"] } }, { tags: { all_: ["rare"] } }, { name: { any_: ["n1"] } }];
  const cases = bodies.flatMap((body) => (["DURATION_ASC", "DURATION_DESC"] as const).map((sort) => [body, sort] as const));
  test.each(cases)("of %j by %s: then the last expected first, in pages that join", async (body, sort) => {
    const where = compileTaskRunFilters(countBody(filtersOfTaskRuns).parse({ task_runs: body }));
    const matching = rows.filter(
      ({ name, tags }) =>
        ("name" in body ? name === "n1" : true) && ("tags" in body ? tags.includes(body.tags?.all_[0] ?? "") : true),
    );
    const direction = sort === "DURATION_ASC" ? 1 : -1;
    const byHand = matching
      .map((one) => ({ one, place: rows.indexOf(one) }))
      .sort(
        (a, b) =>
          direction * (ranFor(a.one) - ranFor(b.one)) ||
          (b.one.expected_start_time ?? -1) - (a.one.expected_start_time ?? -1) ||
          b.place - a.place,
      )
      .map(({ one }) => one.id);
    for (const way of [{ few: -1 }, { few: 5 }, { few: 2000 }, {}, { isSmall: true }]) {
      const pages: unknown[] = [];
      for (let offset = 0; offset < rows.length + 15; offset += 15) {
        const { sql, args } = taskRunIdsQuery({ where, sort, limit: 15, offset, ...way });
        pages.push(...(await own.execute({ sql, args })).rows.map((found) => found.id));
      }
      expect(pages).toEqual(byHand);
    }
  });
});

describe("the order of a list", () => {
  test.each(taskRunSort.options)("of task runs by %s is total", async (sort) => {
    const found = await idsOf(taskRunIdsQuery({ where: { kind: "always" }, sort, limit: 200, offset: 0 }));
    expect(found).toHaveLength(runs);
    expect(found).toEqual(await idsOf({ sql: `SELECT r.id FROM task_run AS r ORDER BY ${orderTaskRuns(sort, "r")}`, args: [] }));
  });

  test("puts capitals before small letters", async () => {
    const found = await client.execute(`SELECT DISTINCT r.name FROM flow_run AS r ORDER BY ${orderFlowRuns("NAME_ASC", "r")}`);
    expect([...new Set(found.rows.map((one) => one.name))]).toEqual(["B", "a", "n0", "n1", "n2"]);
  });

  test("takes a null for the smallest, with the order of storing after the sort in the same direction", async () => {
    const read = async (sort: FlowRunSort) =>
      (
        await client.execute(
          `SELECT r.next_scheduled_start_time AS time, r.rowid AS place FROM flow_run AS r ORDER BY ${orderFlowRuns(sort, "r")}`,
        )
      ).rows;
    const ascending = await read("NEXT_SCHEDULED_START_TIME_ASC");
    const byHand = [...ascending].sort(
      (a, b) => Number(a.time ?? -1) - Number(b.time ?? -1) || Number(a.place) - Number(b.place),
    );
    expect(ascending).toEqual(byHand);
    expect(ascending[0]?.time).toBeNull();
    const ends = (
      await client.execute(`SELECT r.end_time AS time FROM flow_run AS r ORDER BY ${orderFlowRuns("END_TIME_DESC", "r")}`)
    ).rows;
    expect(ends.at(-1)?.time).toBeNull();
  });

  test("by start takes the expected start where there is no start", async () => {
    const found = await client.execute(
      `SELECT coalesce(r.start_time, r.expected_start_time) AS time FROM flow_run AS r ORDER BY ${orderFlowRuns("START_TIME_ASC", "r")}`,
    );
    const times = found.rows.map((one) => Number(one.time ?? -1));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

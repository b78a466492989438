import { beforeAll, describe, expect, it } from "vitest";
import { deploymentSort, flowRunSort, flowSort, taskRunSort } from "../../../src/schemas/sorting.ts";
import type { Sql } from "../../../src/store/client.ts";
import {
  deploymentCountQuery,
  deploymentIdsQuery,
  flowCountQuery,
  flowIdsQuery,
  flowRunCountQuery,
  flowRunIdsQuery,
  taskRunCountQuery,
  taskRunIdsQuery,
} from "../../../src/store/sql/page.ts";
import { whereOf } from "../../scale/asks.ts";
import { type TestApp, testApp } from "../../support/app.ts";
import { type Random, randomOf } from "../../support/random.ts";
import { Bodies } from "./bodies.ts";
import { eventsAsked } from "./events.ts";
import { type Filters, Interpreter } from "./interpreter.ts";
import { type Rows, randomRows } from "./rows.ts";
import { storeRows } from "./store-rows.ts";

type Found = readonly { readonly id: string }[];
type Listed = "flows" | "flow_runs" | "task_runs" | "deployments" | "work_pools" | "work_queues" | "logs";

/** What can be listed: the random filters of a request, the rows that it should find, the orders it can be asked for. */
interface Kind {
  readonly filters: (bodies: Bodies) => Filters;
  readonly expected: (interpreter: Interpreter, filters: Filters) => Found;
  readonly sorts: readonly string[];
  readonly isCounted: boolean;
}

const ofFlows = ({ flows, flowRuns, taskRuns, deployments, workPools }: Bodies) => ({
  flows,
  flow_runs: flowRuns,
  task_runs: taskRuns,
  deployments,
  work_pools: workPools,
});
const ofRuns = (bodies: Bodies) => ({ ...ofFlows(bodies), work_pool_queues: bodies.workQueues });
const ofTaskRuns = ({ flows, flowRuns, taskRuns, deployments }: Bodies) => ({
  flows,
  flow_runs: flowRuns,
  task_runs: taskRuns,
  deployments,
});

const kinds: Record<Listed, Kind> = {
  flows: { filters: (b) => b.of("flows", ofFlows(b)), expected: (i, f) => i.flows(f), sorts: flowSort.options, isCounted: true },
  flow_runs: {
    filters: (b) => b.of("flow_runs", ofRuns(b)),
    expected: (i, f) => i.flowRuns(f),
    sorts: flowRunSort.options,
    isCounted: true,
  },
  task_runs: {
    filters: (b) => b.of("task_runs", ofTaskRuns(b)),
    expected: (i, f) => i.taskRuns(f),
    sorts: taskRunSort.options,
    isCounted: true,
  },
  deployments: {
    filters: (b) => b.of("deployments", ofRuns(b)),
    expected: (i, f) => i.deployments(f),
    sorts: deploymentSort.options,
    isCounted: true,
  },
  work_pools: {
    filters: (b) => b.of("work_pools", { work_pools: b.workPools }),
    expected: (i, f) => i.workPools(f),
    sorts: [],
    isCounted: true,
  },
  work_queues: {
    filters: (b) => b.of("work_queues", { work_queues: b.workQueues }),
    expected: (i, f) => i.workQueues(f),
    sorts: [],
    isCounted: false,
  },
  logs: {
    filters: (b) => b.of("logs", { logs: b.logs }),
    expected: (i, f) => i.logs(f),
    sorts: ["TIMESTAMP_ASC", "TIMESTAMP_DESC"],
    isCounted: false,
  },
};
const listed: readonly Listed[] = ["flows", "flow_runs", "task_runs", "deployments", "work_pools", "work_queues", "logs"];

const sortedIds = (rows: Found): string[] => rows.map(({ id }) => id).toSorted();

// Every way of making a page and a count: which one is taken depends on how large the tables are.
function statementsOf(listed: Listed, filters: Filters, random: Random): { pages: Sql[]; counts: Sql[] } {
  if (listed !== "flows" && listed !== "flow_runs" && listed !== "task_runs" && listed !== "deployments")
    return { pages: [], counts: [] };
  const sent = Object.fromEntries(Object.entries(filters).filter(([, filter]) => filter !== undefined));
  const where = whereOf({ listed, filters: sent, name: "" });
  const ways = [{ few: -1 }, { few: 3 }, { few: 2000 }, { isSmall: true }].map((way) => ({
    where,
    limit: 200,
    offset: 0,
    ...way,
  }));
  switch (listed) {
    case "flows":
      return {
        pages: ways.map((way) => flowIdsQuery({ ...way, sort: random.one(flowSort.options) })),
        counts: ways.map(flowCountQuery),
      };
    case "flow_runs":
      return {
        pages: ways.map((way) => flowRunIdsQuery({ ...way, sort: random.one(flowRunSort.options) })),
        counts: ways.map(flowRunCountQuery),
      };
    case "task_runs":
      return {
        pages: ways.map((way) => taskRunIdsQuery({ ...way, sort: random.one(taskRunSort.options) })),
        counts: ways.map(taskRunCountQuery),
      };
    case "deployments":
      return {
        pages: ways.map((way) => deploymentIdsQuery({ ...way, sort: random.one(deploymentSort.options) })),
        counts: ways.map(deploymentCountQuery),
      };
  }
}

/** Tests for each seed random requests over random rows: the API finds and counts what a naive reading of the rules finds. */
export function testFilters({ seeds, requests }: { seeds: readonly number[]; requests: number }): void {
  describe.each(seeds)("filters of seed %i find what the rules say", (seed) => {
    let app: TestApp;
    let rows: Rows;
    let interpreter: Interpreter;
    beforeAll(async () => {
      app = await testApp();
      rows = randomRows(randomOf(seed));
      interpreter = new Interpreter(rows);
      await storeRows(app.deps().db, rows);
    });

    it.each(listed)("for %s", { timeout: 120_000 }, async (name) => {
      const { filters: make, expected, sorts, isCounted } = kinds[name];
      const random = randomOf(seed + listed.indexOf(name) + 1);
      const bodies = new Bodies(random, rows);
      for (let i = 0; i < requests; i++) {
        const filters = make(bodies);
        const ids = sortedIds(expected(interpreter, filters));
        const sort = sorts.length === 0 ? {} : { sort: random.one(sorts) };
        const told = `seed ${seed}, request ${i}: ${JSON.stringify({ ...filters, ...sort })}`;
        const found = await app.post(`/${name}/filter`, { ...filters, ...sort });
        expect(found.status === 200 ? sortedIds(found.body) : found.text, told).toEqual(ids);
        if (isCounted) expect((await app.post(`/${name}/count`, filters)).body, told).toBe(ids.length);
        const { pages, counts } = statementsOf(name, filters, random);
        if (pages.length === 0) continue;
        const results = await app.deps().db.read([...pages, ...counts]);
        const read = results.map((result) => result.rows.map((row) => row[0]).toSorted());
        expect(read, told).toEqual([...pages.map(() => ids), ...counts.map(() => [ids.length])]);
      }
    });

    it("for events", { timeout: 120_000 }, async () => {
      const bodies = new Bodies(randomOf(seed), rows);
      for (let i = 0; i < requests; i++) {
        const filter = bodies.events();
        const ids = sortedIds(eventsAsked(filter, rows.events));
        const told = `seed ${seed}, request ${i}: ${JSON.stringify(filter)}`;
        const found = await app.post("/events/filter", { filter, limit: 50 });
        expect(found.status === 200 ? sortedIds(found.body.events) : found.text, told).toEqual(ids);
        expect(found.body.total, told).toBe(ids.length);
      }
    });
  });
}

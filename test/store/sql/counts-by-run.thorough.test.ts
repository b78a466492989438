import { type Client, createClient } from "@libsql/client/http";
import { beforeAll, describe, expect, test } from "vitest";
import { compileTaskRunFilters } from "../../../src/filters/index.ts";
import { countBody, filtersOfTaskRuns } from "../../../src/schemas/filters/bodies.ts";
import type { Sql } from "../../../src/store/client.ts";
import { emit } from "../../../src/store/sql/emit.ts";
import { taskRunCountQuery, taskRunIdsQuery } from "../../../src/store/sql/page.ts";
import { freshDatabase } from "../../support/database.ts";
import { tagged } from "./world.ts";

const id = (digit: string, index: number) => `${digit}0000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
const flowRuns = 60;

// The same numbers each time (mulberry32).
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const states = ["COMPLETED", "COMPLETED", "COMPLETED", "FAILED", "RUNNING", null];
const tagSets = [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a,", '"a"']];

// Nulls in every column, runs without task runs, task runs without a run, and one run with a third of all.
async function randomWorld(taskRuns: number): Promise<Client> {
  const client = createClient(await freshDatabase());
  const next = numbers(taskRuns);
  const pick = <T>(values: readonly T[]): T | undefined => values[next(values.length)];
  const maybe = (value: string) => (next(3) === 0 ? null : value);
  const state = () => ({ state_type: pick(states) ?? null, state_name: pick(["Completed", "Late", null]) ?? null });
  const runs = Array.from({ length: flowRuns }, (_, i) => ({
    id: id("a", i),
    name: `run-${i % 7}`,
    flow_id: id("f", next(3)),
    deployment_id: maybe(id("d", next(3))),
    tags: pick(tagSets) ?? [],
    start_time: next(3) === 0 ? null : next(100),
    expected_start_time: next(3) === 0 ? null : next(100),
    idempotency_key: maybe(`key-${i}`),
    ...state(),
  }));
  const tasks = Array.from({ length: taskRuns }, (_, i) => ({
    id: id("b", i),
    name: `task-${i % 5}`,
    task_key: "key",
    dynamic_key: String(i),
    flow_run_id: i % 3 === 0 ? id("a", 7) : maybe(id("a", next(flowRuns))),
    tags: pick(tagSets) ?? [],
    ...state(),
  }));
  const subflows = Array.from({ length: 6 }, (_, i) => ({
    id: id("c", i),
    name: "subflow",
    flow_id: id("f", 0),
    tags: [],
    parent_task_run_id: id("b", next(taskRuns)),
  }));
  await client.batch(
    [
      ...[0, 1, 2].flatMap((i) => tagged("flow", { id: id("f", i), name: `flow-${i}`, tags: i === 0 ? ["a"] : [] })),
      ...[0, 1].flatMap((i) =>
        tagged("deployment", { id: id("d", i), name: `deployment-${i}`, flow_id: id("f", i), tags: ["a"] }),
      ),
      ...runs.flatMap((run) => tagged("flow_run", run)),
      ...tasks.flatMap((task) => tagged("task_run", task)),
      ...subflows.flatMap((run) => tagged("flow_run", run)),
    ],
    "write",
  );
  return client;
}

const ofFlowRuns: Record<string, unknown>[] = [
  { state: { type: { any_: ["COMPLETED"] } } },
  { state: { type: { not_any_: ["COMPLETED"] } } },
  { state: { type: { any_: ["COMPLETED"], not_any_: ["COMPLETED"] } } },
  { state: { name: { not_any_: ["Late"] } } },
  { tags: { any_: ["a"] } },
  { tags: { any_: ["a", "b", "b"] } },
  { tags: { all_: ["a", "b"] } },
  { tags: { any_: ["a,", '"a"'] } },
  { tags: { any_: ["a"] }, state: { type: { any_: ["COMPLETED", "FAILED"] } } },
  { tags: { any_: ["a", "c"] }, start_time: { before_: "1970-01-01T00:00:00.000050Z" } },
  { tags: { is_null_: true } },
  { tags: { is_null_: false } },
  { start_time: { is_null_: true } },
  { start_time: { after_: "1970-01-01T00:00:00.000010Z" } },
  { deployment_id: { is_null_: true } },
  { deployment_id: { any_: [id("d", 0), id("d", 2)] } },
  { id: { not_any_: [id("a", 7)] } },
  { id: { any_: [id("a", 7), id("a", 7), id("a", 8)] } },
  { idempotency_key: { not_any_: ["key-3"] } },
  { parent_task_run_id: { is_null_: true } },
  { parent_flow_run_id: { any_: [id("a", 7), id("a", 9)] } },
  { operator: "or_", tags: { any_: ["c"] }, state: { type: { any_: ["RUNNING"] } } },
  {},
];
const ofTaskRuns = [
  undefined,
  { state: { type: { any_: ["COMPLETED"] } } },
  { state: { type: { any_: ["COMPLETED", "FAILED"] } } },
  { tags: { all_: ["a"] } },
  { name: { like_: "task-1" } },
  { subflow_runs: { exists_: false } },
  { flow_run_id: { is_null_: true } },
  { flow_run_id: { any_: [id("a", 7)] } },
];
const around = [{}, { flows: { tags: { all_: ["a"] } } }, { deployments: { id: { not_any_: [id("d", 1)] } } }];
const ways = [{ few: -1 }, { few: 10 }, {}, { isSmall: true }];

describe.each([100, 5])("of %i task runs each way counts and lists the same by conditions on their flow runs:", (taskRuns) => {
  let client: Client;
  beforeAll(async () => {
    client = await randomWorld(taskRuns);
  });

  test.each(ofFlowRuns)("%j", async (flow_runs) => {
    const asked = ofTaskRuns.flatMap((task_runs) =>
      around.flatMap((others) => {
        const body = { ...others, flow_runs, ...(task_runs && { task_runs }) };
        const where = compileTaskRunFilters(countBody(filtersOfTaskRuns).parse(body));
        const { sql, args } = emit(where, "r");
        const page = { where, sort: "ID_DESC", limit: 200, offset: 0 } as const;
        return [
          {
            body,
            isCount: false,
            isPlain: true,
            ...idsOf({ sql: `SELECT r.id FROM task_run AS r WHERE ${sql} ORDER BY r.id DESC`, args }),
          },
          ...ways.flatMap((way) => [
            { body, isCount: true, isPlain: false, ...taskRunCountQuery({ where, ...way }) },
            { body, isCount: false, isPlain: false, ...idsOf(taskRunIdsQuery({ ...page, ...way })) },
          ]),
        ];
      }),
    );
    const results = await client.batch(
      asked.map(({ sql, args }) => ({ sql, args })),
      "read",
    );
    let found: unknown[] = [];
    for (const [i, { body, isCount, isPlain }] of asked.entries()) {
      const value = results[i]?.rows[0]?.[0];
      if (isPlain) found = JSON.parse(String(value));
      else expect([body, isCount ? value : JSON.parse(String(value))]).toEqual([body, isCount ? found.length : found]);
    }
    expect(results).toHaveLength(asked.length);
  });
});

const idsOf = ({ sql, args }: Sql): Sql => ({ sql: `SELECT json_group_array(id) FROM (${sql})`, args });

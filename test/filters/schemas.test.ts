import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  countBody,
  filtersOfDeployments,
  filtersOfFlowRunHistory,
  filtersOfFlowRuns,
  filtersOfFlows,
  filtersOfTaskRuns,
  listBody,
  pageBody,
} from "../../src/schemas/filters/bodies.ts";
import { stateTypes } from "../../src/schemas/filters/members.ts";
import { workerFilter } from "../../src/schemas/filters/workers.ts";
import { sortOfDeployments, sortOfFlowRuns, sortOfFlows, sortOfTaskRuns } from "../../src/schemas/sorting.ts";
import { stateTypes as allStateTypes } from "../../src/schemas/states.ts";

const id = "0F0E0D0C-0B0A-4908-8706-050403020100";
const flowRuns = countBody(filtersOfFlowRuns);
const refused = (schema: z.ZodType, body: unknown) => !schema.safeParse(body).success;

describe("a filter object", () => {
  test.each([
    ["flows", { color: 1 }],
    ["flows", { tags: { any_: ["a"] } }],
    ["flows", { name: { any_: ["a"], operator: "or_" } }],
    ["flow_runs", { state: { type: { any_: [], unknown: 1 } } }],
    ["flow_runs", { start_time: { operator: "and_" } }],
    ["task_runs", { tags: { any_: ["a"] } }],
    ["task_runs", { state: { type: { not_any_: ["FAILED"] } } }],
    ["deployments", { concurrency_limit: { eq_: 1 } }],
    ["work_pools", { id: { not_any_: [id] } }],
    ["work_pool_queues", { name: { like_: "a" } }],
  ])("refuses an unknown key at every level: %s %j", (member, filter) => {
    expect(refused(flowRuns, { [member]: filter })).toBe(true);
  });

  test("takes null in a member as not sent, as the Python client does for every member", () => {
    const every = { operator: "and_", id: null, deployment: null, name: { any_: ["etl"], like_: null }, tags: null };
    expect(flowRuns.parse({ flows: every, flow_runs: null })).toEqual({ flows: { operator: "and_", name: { any_: ["etl"] } } });
  });

  test("takes no null for the operator and only its two words", () => {
    for (const operator of [null, "AND_", "nor_", 1]) expect(refused(flowRuns, { flows: { operator } })).toBe(true);
    expect(flowRuns.parse({ flows: { operator: "or_" } }).flows?.operator).toBe("or_");
  });

  test("reads ids in every form, times with any offset, flags by word and numbers as text", () => {
    const body = flowRuns.parse({
      flow_runs: {
        id: { any_: [id, `{${id}}`, id.replaceAll("-", "")] },
        start_time: { after_: "2030-01-01T01:00:00+01:00", before_: "2030-01-01", is_null_: "false" },
      },
      deployments: { concurrency_limit: { ge_: "2" } },
    });
    const lower = id.toLowerCase();
    expect(body.flow_runs?.id?.any_).toEqual([lower, lower, lower]);
    expect(body.flow_runs?.start_time).toEqual({ after_: 1893456000000000, before_: 1893456000000000, is_null_: false });
    expect(body.deployments?.concurrency_limit?.ge_).toBe(2);
  });

  test.each([
    { flow_runs: [] },
    { flow_runs: "all" },
    { flow_runs: { id: { any_: ["x"] } } },
    { flow_runs: { id: { any_: id } } },
    { flow_runs: { name: { any_: [1] } } },
    { flow_runs: { name: { any_: [null] } } },
    { flow_runs: { tags: { is_null_: "maybe" } } },
    { flow_runs: { state: { type: { any_: ["failed"] } } } },
    { flow_runs: { start_time: { after_: "yesterday" } } },
  ])("refuses a value of another kind: %j", (body) => {
    expect(refused(flowRuns, body)).toBe(true);
  });

  test("knows the same state types as states do", () => {
    expect(stateTypes().parse([...allStateTypes])).toEqual([...allStateTypes]);
    expect(z.safeParse(stateTypes(), ["LATE"]).success).toBe(false);
  });

  test("of a worker knows the statuses that are stored", () => {
    expect(refused(workerFilter, { status: { any_: ["ONLINE", "OFFLINE"] } })).toBe(false);
    expect(refused(workerFilter, { status: { any_: ["READY"] } })).toBe(true);
  });

  test("of a task run's flow run is false unless it is null", () => {
    const read = (flow_run_id: unknown) =>
      countBody(filtersOfTaskRuns).parse({ task_runs: { flow_run_id } }).task_runs?.flow_run_id;
    expect(read({})).toEqual({ operator: "and_", is_null_: false });
    expect(read({ is_null_: null })).toEqual({ operator: "and_", is_null_: null });
    expect(read(null)).toBeUndefined();
  });
});

describe("a body", () => {
  test.each([
    [listBody({ ...filtersOfFlows, sort: sortOfFlows() }), { sort: "NAME_ASC", limit: 200, offset: 0 }],
    [listBody({ ...filtersOfFlowRuns, sort: sortOfFlowRuns() }), { sort: "ID_DESC", limit: 200, offset: 0 }],
    [listBody({ ...filtersOfTaskRuns, sort: sortOfTaskRuns() }), { sort: "ID_DESC", limit: 200, offset: 0 }],
    [pageBody({ ...filtersOfDeployments, sort: sortOfDeployments() }), { sort: "NAME_ASC", limit: 200, page: 1 }],
    [countBody(filtersOfFlows), {}],
  ])("has defaults for what is missing or null", (body, defaults) => {
    expect(body.parse({})).toEqual(defaults);
    expect(body.parse({ flows: null, sort: null, limit: null, offset: null, page: null })).toEqual(defaults);
  });

  test("drops members that it does not know, like the queue filter under its other name", () => {
    expect(flowRuns.parse({ unknown: 1, work_queues: { name: { any_: ["q"] } } })).toEqual({});
    expect(countBody(filtersOfFlowRunHistory).parse({ work_queues: {}, work_pool_queues: {} })).toEqual({
      work_queues: { operator: "and_" },
    });
  });

  test("reads whole numbers also from text, none below the least", () => {
    const list = listBody({ ...filtersOfFlows, sort: sortOfFlows() });
    expect(list.parse({ limit: "2", offset: "3" })).toMatchObject({ limit: 2, offset: 3 });
    for (const body of [
      { offset: -1 },
      { offset: "x" },
      { limit: "x" },
      { limit: 1.5 },
      { sort: "name_asc" },
      { sort: "ID_DESC" },
    ])
      expect(refused(list, body)).toBe(true);
    expect(refused(pageBody({}), { page: 0 })).toBe(true);
  });

  test("is an object", () => {
    for (const body of [[], "text", 1]) expect(refused(flowRuns, body)).toBe(true);
  });
});

import { describe, expect, test } from "vitest";
import { compileFlowFilters, compileFlowRunFilters, compileTaskRunFilters } from "../../src/filters/index.ts";
import { always, never, type Predicate } from "../../src/filters/predicate.ts";
import { simplify } from "../../src/filters/simplify.ts";
import { countBody, filtersOfFlowRuns, filtersOfFlows, filtersOfTaskRuns } from "../../src/schemas/filters/bodies.ts";

const one: Predicate = { kind: "in", column: "name", values: ["a"] };
const two: Predicate = { kind: "null", column: "end_time" };
const all = (...parts: Predicate[]): Predicate => ({ kind: "and", parts });
const any = (...parts: Predicate[]): Predicate => ({ kind: "or", parts });

describe("simplify", () => {
  test.each<[string, Predicate, Predicate]>([
    ["leaves a single condition", all(one), one],
    ["drops what is always true from and", all(always, one, always), one],
    ["drops what is never true from or", any(never, one), one],
    ["lets what is never true decide and", all(one, never, two), never],
    ["lets what is always true decide or", any(one, always, two), always],
    ["takes an empty and for true", all(), always],
    ["takes an empty or for false", any(), never],
    ["opens an and within an and", all(all(one, two), one), all(one, two, one)],
    ["keeps an or within an and", all(any(one, two), one), all(any(one, two), one)],
    ["takes an empty list for false", { kind: "in", column: "name", values: [] }, never],
    ["takes an empty list of refused values for true", { kind: "not_in", column: "name", values: [] }, always],
    ["takes an empty list of possible tags for false", { kind: "any_tag", of: "flow", tags: [] }, never],
    ["takes an empty list of required tags for true", { kind: "all_tags", of: "flow", tags: [] }, always],
    ["takes a column that is null and has a value for false", all({ kind: "null", column: "name" }, two, one), never],
    [
      "finds no row whose link to a wanted row is null",
      all({ kind: "null", column: "flow_run_id" }, { kind: "some", relation: "task_run.flow_run", where: one }),
      never,
    ],
    [
      "does not ask for a value where another condition needs one",
      all({ kind: "not_null", column: "flow_run_id" }, { kind: "some", relation: "task_run.flow_run", where: one }, two),
      all({ kind: "some", relation: "task_run.flow_run", where: one }, two),
    ],
    [
      "still asks for a value where many rows may be linked",
      all({ kind: "null", column: "flow_run_id" }, { kind: "some", relation: "task_run.subflow_runs", where: one }),
      all({ kind: "null", column: "flow_run_id" }, { kind: "some", relation: "task_run.subflow_runs", where: one }),
    ],
    [
      "names each value once",
      { kind: "in", column: "name", values: ["a", "b", "a"] },
      { kind: "in", column: "name", values: ["a", "b"] },
    ],
    ["finds no related row that cannot match", { kind: "some", relation: "flow.flow_runs", where: all(one, never) }, never],
    ["misses no related row that cannot match", { kind: "no", relation: "flow.deployments", where: never }, always],
    [
      "finds no related row whose link is null",
      { kind: "some", relation: "flow_run.task_runs", where: all(one, { kind: "null", column: "flow_run_id" }) },
      never,
    ],
    [
      "asks no related row whether its link is set",
      { kind: "some", relation: "flow_run.task_runs", where: all(one, { kind: "not_null", column: "flow_run_id" }) },
      { kind: "some", relation: "flow_run.task_runs", where: one },
    ],
    ["takes a row that a foreign key demands for there", { kind: "some", relation: "flow_run.flow", where: always }, always],
    [
      "takes a row that a foreign key keeps for there unless the column is null",
      { kind: "some", relation: "flow_run.work_queue", where: always },
      { kind: "not_null", column: "work_queue_id" },
    ],
    [
      "still looks for a row that no foreign key keeps",
      { kind: "some", relation: "flow_run.deployment", where: always },
      { kind: "some", relation: "flow_run.deployment", where: always },
    ],
    [
      "asks the row's own column for the id of a kept row",
      { kind: "some", relation: "task_run.flow_run", where: { kind: "in", column: "id", values: ["x"] } },
      { kind: "in", column: "flow_run_id", values: ["x"] },
    ],
  ])("%s", (_, before, after) => {
    expect(simplify(before)).toEqual(after);
  });

  test("gives the same again for what it gave", () => {
    const messy = all(any(one, all(two, always)), all(all(one), any(never, two)));
    expect(simplify(simplify(messy))).toEqual(simplify(messy));
  });
});

describe("filters of several kinds", () => {
  const flows = (body: unknown) => compileFlowFilters(countBody(filtersOfFlows).parse(body));
  const flowRuns = (body: unknown) => compileFlowRunFilters(countBody(filtersOfFlowRuns).parse(body));
  const taskRuns = (body: unknown) => compileTaskRunFilters(countBody(filtersOfTaskRuns).parse(body));
  const called = (name: string): Predicate => ({ kind: "in", column: "name", values: [name] });
  const by = (name: string) => ({ name: { any_: [name] } });

  test("ask flows for one run that meets both the run's and the task run's filter", () => {
    expect(flows({ flow_runs: by("r"), task_runs: by("t") })).toEqual({
      kind: "some",
      relation: "flow.flow_runs",
      where: all(called("r"), { kind: "some", relation: "flow_run.task_runs", where: called("t") }),
    });
  });

  test("ask flows for one deployment that matches and is in the pool", () => {
    expect(flows({ deployments: by("d"), work_pools: by("p") })).toEqual({
      kind: "some",
      relation: "flow.deployments",
      where: all(called("d"), {
        kind: "some",
        relation: "deployment.work_queue",
        where: { kind: "some", relation: "work_queue.work_pool", where: called("p") },
      }),
    });
  });

  test("ask flow runs for one queue that matches and is in the pool", () => {
    expect(flowRuns({ work_pools: by("p"), work_pool_queues: by("q") })).toEqual({
      kind: "some",
      relation: "flow_run.work_queue",
      where: all(called("q"), { kind: "some", relation: "work_queue.work_pool", where: called("p") }),
    });
  });

  test("ask task runs for a flow run that meets all the others", () => {
    expect(taskRuns({ task_runs: by("t"), flow_runs: by("r"), flows: by("f"), deployments: {} })).toEqual(
      all(called("t"), {
        kind: "some",
        relation: "task_run.flow_run",
        where: all(
          called("r"),
          { kind: "some", relation: "flow_run.flow", where: called("f") },
          { kind: "some", relation: "flow_run.deployment", where: always },
        ),
      }),
    );
  });

  test("are no condition where nothing is sent", () => {
    for (const where of [flows({}), flowRuns({}), taskRuns({}), flowRuns({ flow_runs: { operator: "or_" } })])
      expect(where).toEqual(always);
  });

  test("match everything where a member under or_ is sent empty, and drop an empty part of a state", () => {
    expect(flowRuns({ flow_runs: { operator: "or_", ...by("r"), tags: {} } })).toEqual(always);
    expect(flowRuns({ flow_runs: { state: { operator: "or_", type: {}, name: { any_: ["Late"] } } } })).toEqual({
      kind: "in",
      column: "state_name",
      values: ["Late"],
    });
    expect(flowRuns({ flow_runs: { operator: "or_", ...by("r"), state: { type: {}, name: {} } } })).toEqual(always);
  });
});

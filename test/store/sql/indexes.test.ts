import { type Client, createClient } from "@libsql/client/http";
import { beforeAll, describe, expect, test } from "vitest";
import {
  compileDeploymentFilters,
  compileFlowFilters,
  compileFlowRunFilters,
  compileTaskRunFilters,
} from "../../../src/filters/index.ts";
import type { Predicate } from "../../../src/filters/predicate.ts";
import {
  countBody,
  filtersOfDeployments,
  filtersOfFlowRuns,
  filtersOfFlows,
  filtersOfTaskRuns,
} from "../../../src/schemas/filters/bodies.ts";
import { deploymentSort, flowRunSort, flowSort, taskRunSort } from "../../../src/schemas/sorting.ts";
import type { Sql } from "../../../src/store/client.ts";
import { emit } from "../../../src/store/sql/emit.ts";
import { orderDeployments, orderFlows } from "../../../src/store/sql/order.ts";
import {
  countQuery,
  flowRunCountQuery,
  flowRunIdsQuery,
  listQuery,
  taskRunCountQuery,
  taskRunIdsQuery,
} from "../../../src/store/sql/page.ts";
import { freshDatabase } from "../../support/database.ts";

let client: Client;
beforeAll(async () => {
  client = createClient(await freshDatabase());
});

async function planOf({ sql, args }: Sql): Promise<string> {
  const steps = await client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args });
  return steps.rows.map((row) => String(row.detail)).join("\n");
}

const id = "00000000-0000-4000-8000-000000000000";
const other = "00000000-0000-4000-8000-000000000001";
const some = { any_: ["one", "two"] };
const times = { after_: "2030-01-01", before_: "2030-01-02" };

// A body and what of the plan shows that an index gives the rows (the rows at hand are `r`).
type Shown = [body: Record<string, unknown>, step: string];

const flows: Shown[] = [
  [{ flows: { id: { any_: [id, other] } } }, "SEARCH r USING COVERING INDEX sqlite_autoindex_flow_1 (id=?)"],
  [{ flows: { name: some } }, "SEARCH r USING COVERING INDEX uq_flow__name (name=?)"],
  [{ flows: { tags: { all_: ["a"] } } }, "SEARCH flow_tag USING PRIMARY KEY (tag=?)"],
  [{ flows: { deployment: { is_null_: true } } }, "SEARCH x1 USING COVERING INDEX uq_deployment__flow_id_name (flow_id=?)"],
  [{ deployments: {} }, "SEARCH x1 USING COVERING INDEX uq_deployment__flow_id_name (flow_id=?)"],
  [{ flow_runs: {} }, "SEARCH x1 USING COVERING INDEX ix_flow_run__flow_id (flow_id=?)"],
  [
    { flow_runs: { state: { type: { any_: ["RUNNING"] } } } },
    "SEARCH x1 USING COVERING INDEX ix_flow_run__flow_id (flow_id=? AND state_type=?)",
  ],
];

const deployments: Shown[] = [
  [{ deployments: { id: { any_: [id, other] } } }, "SEARCH r USING COVERING INDEX sqlite_autoindex_deployment_1 (id=?)"],
  [{ deployments: { name: some } }, "SEARCH r USING COVERING INDEX ix_deployment__name (name=?)"],
  [{ deployments: { tags: { any_: ["a", "b"] } } }, "SEARCH deployment_tag USING PRIMARY KEY (tag=?)"],
  [
    { deployments: { work_queue_name: some } },
    "SEARCH r USING COVERING INDEX ix_deployment__work_queue_name (work_queue_name=?)",
  ],
  [{ flows: { id: { any_: [id] } } }, "SEARCH r USING COVERING INDEX uq_deployment__flow_id_name (flow_id=?)"],
  [{ flows: { name: some } }, "SEARCH r USING COVERING INDEX uq_deployment__flow_id_name (flow_id=?)"],
  [{ work_pools: { name: some } }, "SEARCH r USING COVERING INDEX ix_deployment__work_queue_id (work_queue_id=?)"],
  [
    { flow_runs: { state: { type: { any_: ["RUNNING"] } } } },
    "SEARCH x1 USING COVERING INDEX ix_flow_run__deployment_id (deployment_id=? AND state_type=?)",
  ],
];

const flowRuns: Shown[] = [
  [{ flow_runs: { id: { any_: [id, other] } } }, "SEARCH r USING COVERING INDEX sqlite_autoindex_flow_run_1 (id=?)"],
  [{ flow_runs: { name: some } }, "SEARCH r USING COVERING INDEX ix_flow_run__name (name=?)"],
  [{ flow_runs: { name: { like_: "a" } } }, "SCAN r USING COVERING INDEX ix_flow_run__name"],
  [{ flow_runs: { tags: { all_: ["a", "b"] } } }, "SEARCH flow_run_tag USING PRIMARY KEY (tag=?)"],
  [{ flow_runs: { tags: { any_: ["a", "b"] } } }, "SEARCH flow_run_tag USING PRIMARY KEY (tag=?)"],
  [{ flow_runs: { deployment_id: { any_: [id] } } }, "ix_flow_run__deployment_id (deployment_id=?)"],
  [{ flow_runs: { work_queue_name: some } }, "ix_flow_run__work_queue_name (work_queue_name=?)"],
  [{ flow_runs: { state: { type: { any_: ["RUNNING"] } } } }, "ix_flow_run__state_type_start_or_expected (state_type=?)"],
  [
    { flow_runs: { state: { type: { any_: ["FAILED", "CRASHED"] } } } },
    "ix_flow_run__state_type_start_or_expected (state_type=?)",
  ],
  [{ flow_runs: { state: { name: some } } }, "ix_flow_run__state_name (state_name=?)"],
  [{ flow_runs: { start_time: times } }, "ix_flow_run__start_or_expected (start_or_expected>? AND start_or_expected<?)"],
  [{ flow_runs: { end_time: times } }, "ix_flow_run__end_time (end_time>? AND end_time<?)"],
  [
    { flow_runs: { expected_start_time: times } },
    "ix_flow_run__expected_start_time (expected_start_time>? AND expected_start_time<?)",
  ],
  [
    { flow_runs: { next_scheduled_start_time: times } },
    "ix_flow_run__next_scheduled_start_time (next_scheduled_start_time>? AND next_scheduled_start_time<?)",
  ],
  [{ flow_runs: { parent_flow_run_id: { any_: [id] } } }, "ix_flow_run__parent_task_run_id (parent_task_run_id=?)"],
  [
    { flow_runs: { parent_flow_run_id: { any_: [id] } } },
    "SEARCH x1 USING INDEX ix_task_run__flow_run_id_state_type (flow_run_id=?)",
  ],
  [{ flow_runs: { parent_task_run_id: { any_: [id, other] } } }, "ix_flow_run__parent_task_run_id (parent_task_run_id=?)"],
  [{ flow_runs: { idempotency_key: some } }, "uq_flow_run__idempotency_key_flow_id (idempotency_key=?)"],
  [{ flow_runs: { created_by: { id_: [id] } } }, "SEARCH r USING INDEX ix_flow_run__created_by (<expr>=?)"],
  [{ flows: { id: { any_: [id] } } }, "ix_flow_run__flow_id (flow_id=?)"],
  [{ flows: { name: some } }, "ix_flow_run__flow_id (flow_id=?)"],
  [{ deployments: { name: some } }, "ix_flow_run__deployment_id (deployment_id=?)"],
  [{ work_pools: { name: some } }, "ix_flow_run__work_queue_id (work_queue_id=?)"],
  [{ work_pool_queues: { name: some } }, "ix_flow_run__work_queue_id (work_queue_id=?)"],
  [{ task_runs: { state: { type: { any_: ["FAILED"] } } } }, "SEARCH one USING INDEX ix_task_run__state_type (state_type=?)"],
];

const taskRuns: Shown[] = [
  [{ task_runs: { id: { any_: [id, other] } } }, "SEARCH r USING COVERING INDEX sqlite_autoindex_task_run_1 (id=?)"],
  [{ task_runs: { name: some } }, "ix_task_run__name (name=?)"],
  [{ task_runs: { tags: { all_: ["a"] } } }, "SEARCH task_run_tag USING PRIMARY KEY (tag=?)"],
  [{ task_runs: { state: { type: { any_: ["FAILED"] } } } }, "ix_task_run__state_type (state_type=?)"],
  [{ task_runs: { state: { name: some } } }, "ix_task_run__state_name (state_name=?)"],
  [{ task_runs: { start_time: times } }, "ix_task_run__start_time (start_time>? AND start_time<?)"],
  [{ task_runs: { end_time: times } }, "ix_task_run__end_time (end_time>? AND end_time<?)"],
  [
    { task_runs: { expected_start_time: times } },
    "ix_task_run__expected_start_time (expected_start_time>? AND expected_start_time<?)",
  ],
  [
    { task_runs: { subflow_runs: { exists_: true } } },
    "SEARCH one USING COVERING INDEX ix_flow_run__parent_task_run_id (parent_task_run_id>?)",
  ],
  [
    { task_runs: { subflow_runs: { exists_: false } } },
    "SEARCH x1 USING COVERING INDEX ix_flow_run__parent_task_run_id (parent_task_run_id=?)",
  ],
  [{ task_runs: { flow_run_id: { any_: [id, other] } } }, "ix_task_run__flow_run_id_state_type (flow_run_id=?)"],
  [{ task_runs: { flow_run_id: { is_null_: true } } }, "ix_task_run__task_key_dynamic_key"],
  [{ flow_runs: { id: { any_: [id] } } }, "SEARCH r USING COVERING INDEX ix_task_run__flow_run_id_state_type (flow_run_id=?)"],
  [{ flow_runs: { name: some } }, "SEARCH r_by USING INDEX ix_flow_run__name (name=?)"],
  [{ flows: { name: some } }, "ix_flow_run__flow_id (flow_id=?)"],
  [{ deployments: { name: some } }, "ix_flow_run__deployment_id (deployment_id=?)"],
];

type Compile = (body: Record<string, unknown>) => Predicate;
const compileFlows: Compile = (body) => compileFlowFilters(countBody(filtersOfFlows).parse(body));
const compileFlowRuns: Compile = (body) => compileFlowRunFilters(countBody(filtersOfFlowRuns).parse(body));
const compileTaskRuns: Compile = (body) => compileTaskRunFilters(countBody(filtersOfTaskRuns).parse(body));
const compileDeployments: Compile = (body) => compileDeploymentFilters(countBody(filtersOfDeployments).parse(body));

describe("an index gives the rows of each filter, as EXPLAIN QUERY PLAN shows", () => {
  test.each(flows)("flows: %j", async (body, step) => {
    const plan = await planOf(countQuery({ from: "flow AS r", where: emit(compileFlows(body), "r") }));
    expect(plan).toContain(step);
  });
  test.each(deployments)("deployments: %j", async (body, step) => {
    const plan = await planOf(countQuery({ from: "deployment AS r", where: emit(compileDeployments(body), "r") }));
    expect(plan).toContain(step);
  });
  test.each(flowRuns)("flow runs: %j", async (body, step) => {
    expect(await planOf(flowRunCountQuery({ where: compileFlowRuns(body) }))).toContain(step);
  });
  test.each(taskRuns)("task runs: %j", async (body, step) => {
    expect(await planOf(taskRunCountQuery({ where: compileTaskRuns(body) }))).toContain(step);
  });
});

describe("a page in order is read along an index and never sorted", () => {
  const page = { limit: 50, offset: 0 };
  test.each(flowSort.options)("flows by %s", async (sort) => {
    const where = emit(compileFlows({}), "r");
    const plan = await planOf(listQuery({ select: "r.id", from: "flow AS r", where, order: orderFlows(sort, "r"), ...page }));
    expect(plan).toMatch(/^SCAN r USING (COVERING )?INDEX/);
    // Names of flows are unique: the index on them gives no ids, but each name's id is the only one.
    if (!sort.startsWith("NAME")) expect(plan).not.toContain("TEMP B-TREE");
  });
  test.each(deploymentSort.options)("deployments by %s", async (sort) => {
    const where = emit(compileDeployments({}), "r");
    const plan = await planOf(
      listQuery({ select: "r.id", from: "deployment AS r", where, order: orderDeployments(sort, "r"), ...page }),
    );
    expect(plan).not.toContain("TEMP B-TREE");
  });
  test.each(flowRunSort.options)("flow runs by %s, also those of a common tag", async (sort) => {
    expect(await planOf(flowRunIdsQuery({ where: compileFlowRuns({}), sort, ...page }))).not.toContain("TEMP B-TREE");
    const ofTag = await planOf(
      flowRunIdsQuery({ where: compileFlowRuns({ flow_runs: { tags: { any_: ["a"] } } }), sort, ...page }),
    );
    expect(lastArm(ofTag)).toMatch(/^SCAN r USING (COVERING )?INDEX/);
    expect(lastArm(ofTag)).toContain("SEARCH flow_run_tag USING PRIMARY KEY (tag=? AND flow_run_id=?)");
    expect(lastArm(ofTag)).not.toContain("TEMP B-TREE");
  });
  const isByDuration = (sort: string) => sort.startsWith("DURATION");
  test.each(taskRunSort.options.filter(isByDuration))("task runs by %s, beside those that are running", async (sort) => {
    const plan = await planOf(taskRunIdsQuery({ where: compileTaskRuns({}), sort, ...page }));
    const reads = plan.split("\n").filter((step) => /(SCAN|SEARCH) r /.test(step));
    expect(reads.sort()).toEqual([
      "SCAN r USING INDEX ix_task_run__running_since",
      "SEARCH r USING INDEX ix_task_run__total_run_time (<expr>=?)",
      "SEARCH r USING INDEX ix_task_run__total_run_time (<expr>>?)",
    ]);
    const steps = plan.split("\n");
    // Ascending, those that ran equally long are sorted; all else that is sorted is running, or a page.
    const ran = steps.findIndex((step) => step.includes("(<expr>>?)"));
    expect(steps[ran + 1]).toMatch(sort === "DURATION_DESC" ? /^SCAN/ : /RIGHT PART OF ORDER BY|LAST 2 TERMS/);
    expect(steps[steps.findIndex((step) => step.includes("(<expr>=?)")) + 1]).toMatch(/^SCAN/);
  });
  test.each(taskRunSort.options.filter((sort) => !isByDuration(sort)))(
    "task runs by %s, also those of a common state",
    async (sort) => {
      expect(await planOf(taskRunIdsQuery({ where: compileTaskRuns({}), sort, ...page }))).not.toContain("TEMP B-TREE");
      const where = compileTaskRuns({ task_runs: { state: { type: { any_: ["COMPLETED"] } } } });
      const plan = await planOf(taskRunIdsQuery({ where, sort, ...page }));
      expect(lastArm(plan)).toMatch(/^(SCAN|SEARCH) r USING (COVERING )?INDEX/);
      expect(lastArm(plan)).not.toContain("TEMP B-TREE");
    },
  );
  test("flow runs of a creator are found by its index, also to count whether they are few", async () => {
    const where = compileFlowRuns({ flow_runs: { created_by: { id_: [id] } } });
    const plan = await planOf(flowRunIdsQuery({ where, sort: "ID_DESC", ...page }));
    expect(plan.split("SEARCH r USING INDEX ix_flow_run__created_by (<expr>=?)")).toHaveLength(5);
  });
  test("flow runs of one state by start are those of the state's own index", async () => {
    const where = compileFlowRuns({ flow_runs: { state: { type: { any_: ["RUNNING"] } } } });
    const plan = await planOf(flowRunIdsQuery({ where, sort: "START_TIME_DESC", ...page }));
    expect(plan).toBe("SEARCH r USING INDEX ix_flow_run__state_type_start_or_expected (state_type=?)");
  });
});

// The way along the order: what follows the last `pick` in the plan of a statement with arms, all of it where there is one way.
function lastArm(plan: string): string {
  const steps = plan.split("\n");
  return steps.slice(steps.lastIndexOf("SCAN pick") + 1).join("\n");
}

import * as z from "zod";
import { compileFlowRunFilters, compileTaskRunFilters } from "../filters/index.ts";
import { found, unprocessable } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { presentTaskRun } from "../present/task-runs.ts";
import { presentChartedFlowRun, presentCounts, presentNextRuns, presentStateCounts } from "../present/ui.ts";
import { byId } from "../schemas/common.ts";
import {
  countById,
  countByState,
  nextRunById,
  schemaValuesValidation,
  simpleFlowRun,
  taskRunOutcomes,
  uiFlowIds,
  uiFlowRunHistory,
  uiFlowRunIds,
  uiTaskRun,
  uiTaskRunCount,
  uiTaskRunDashboard,
  uiValidation,
} from "../schemas/ui.ts";
import { checkFormValues } from "../services/check-form-values.ts";
import { countTaskRunOutcomes } from "../services/count-task-run-outcomes.ts";
import { countTaskRunsOfFlowRuns, listChartedFlowRuns } from "../store/ui/flow-runs.ts";
import { countDeploymentsOfFlows, readNextRunsOfFlows } from "../store/ui/flows.ts";
import { countTaskRunsByState, readTaskRunWithFlowRun } from "../store/ui/task-runs.ts";

const tag = "UI";

const flows = [
  operation({
    method: "POST",
    path: "/ui/flows/count-deployments",
    tag,
    scope: "see_flows",
    summary: "Count Deployments By Flow",
    body: uiFlowIds,
    response: countById,
    handle: async ({ body, deps }) => presentCounts(await countDeploymentsOfFlows(deps.db, body.flow_ids)),
  }),
  operation({
    method: "POST",
    path: "/ui/flows/next-runs",
    tag,
    scope: "see_flows",
    summary: "Next Runs By Flow",
    body: uiFlowIds,
    response: nextRunById,
    handle: async ({ body: { flow_ids }, deps }) => presentNextRuns(flow_ids, await readNextRunsOfFlows(deps.db, flow_ids)),
  }),
];

const flowRuns = [
  operation({
    method: "POST",
    path: "/ui/flow_runs/count-task-runs",
    tag,
    scope: "see_flow_runs",
    summary: "Count Task Runs By Flow Run",
    body: uiFlowRunIds,
    response: countById,
    handle: async ({ body, deps }) => presentCounts(await countTaskRunsOfFlowRuns(deps.db, body.flow_run_ids)),
  }),
  operation({
    method: "POST",
    path: "/ui/flow_runs/history",
    tag,
    scope: "see_flow_runs",
    summary: "Read Flow Run History",
    body: uiFlowRunHistory,
    bodyRequired: false,
    response: z.array(simpleFlowRun),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) => {
      const list = { where: compileFlowRunFilters(filters), sort, limit, offset };
      return (await listChartedFlowRuns(deps.db, list, deps.now())).map(presentChartedFlowRun);
    },
  }),
];

const taskRuns = [
  operation({
    method: "POST",
    path: "/ui/task_runs/count",
    tag,
    scope: "see_flow_runs",
    summary: "Read Task Run Counts By State",
    body: uiTaskRunCount,
    bodyRequired: false,
    response: countByState,
    handle: async ({ body, deps }) => presentStateCounts(await countTaskRunsByState(deps.db, compileTaskRunFilters(body))),
  }),
  operation({
    method: "POST",
    path: "/ui/task_runs/dashboard/counts",
    tag,
    scope: "see_flow_runs",
    summary: "Read Dashboard Task Run Counts",
    body: uiTaskRunDashboard,
    response: z.array(taskRunOutcomes),
    handle: async ({ body, deps }) => {
      const outcomes = await countTaskRunOutcomes(deps, body);
      if (outcomes === null) throw unprocessable("task_runs.start_time.after_ is required");
      return outcomes;
    },
  }),
  operation({
    method: "GET",
    path: "/ui/task_runs/{id}",
    tag,
    scope: "see_flow_runs",
    summary: "Read Task Run With Flow Run Name",
    params: byId,
    response: uiTaskRun,
    handle: async ({ params, deps }) => {
      const { task_run, flow_run_name } = found(await readTaskRunWithFlowRun(deps.db, params.id), "Task not found");
      return { ...presentTaskRun(task_run, deps.now()), flow_run_name };
    },
  }),
];

const schemas = [
  operation({
    method: "POST",
    path: "/ui/schemas/validate",
    tag,
    scope: "see_deployments",
    summary: "Validate Obj",
    body: uiValidation,
    response: schemaValuesValidation,
    handle: async ({ body, deps }) => {
      const verdict = await checkFormValues(deps, body);
      if (!verdict.ok) throw unprocessable(verdict.message);
      return { errors: verdict.errors, valid: verdict.valid };
    },
  }),
];

export const uiOperations = [...flows, ...flowRuns, ...taskRuns, ...schemas];

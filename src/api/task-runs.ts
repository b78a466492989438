import * as z from "zod";
import { generateSlug } from "../domain/slugs.ts";
import { compileTaskRunFilters } from "../filters/index.ts";
import { found, missing, notFound } from "../http/errors.ts";
import { createdOrFound, operation } from "../http/operation.ts";
import { paged, pageOf } from "../http/paging.ts";
import { presentHistory } from "../present/history.ts";
import { presentTaskRun, presentTaskRunResponse } from "../present/task-runs.ts";
import { byId } from "../schemas/common.ts";
import { historyResponse } from "../schemas/history.ts";
import { orchestrationResult, setState } from "../schemas/states.ts";
import {
  taskRun,
  taskRunCount,
  taskRunCreate,
  taskRunHistory,
  taskRunList,
  taskRunPage,
  taskRunResponse,
  taskRunUpdate,
} from "../schemas/task-runs.ts";
import { createTaskRun } from "../services/create-task-run.ts";
import { runHistory } from "../services/read-history.ts";
import { setTaskRunState } from "../services/set-task-run-state.ts";
import { deleteObjects } from "../store/deletion/objects.ts";
import { renameTaskRun } from "../store/task-runs/change.ts";
import { countTaskRuns, listTaskRuns, pageTaskRuns, readTaskRun } from "../store/task-runs/read.ts";
import { checkInterval } from "./history.ts";
import { orchestrationReply } from "./orchestration-reply.ts";

const tag = "Task Runs";

const objects = [
  operation({
    method: "POST",
    path: "/task_runs/",
    tag,
    scope: "run_flows",
    audited: false,
    summary: "Create Task Run",
    body: taskRunCreate,
    response: taskRun,
    status: 201,
    otherStatus: 200,
    errors: [409],
    handle: async ({ body, deps }) => {
      const { stored, created } = await createTaskRun(deps, body);
      return createdOrFound(created, presentTaskRun(stored, deps.now()));
    },
  }),
  operation({
    method: "GET",
    path: "/task_runs/{id}",
    tag,
    scope: "see_flow_runs",
    summary: "Read Task Run",
    params: byId,
    response: taskRun,
    handle: async ({ params, deps }) =>
      presentTaskRun(found(await readTaskRun(deps.db, params.id), "Task not found"), deps.now()),
  }),
  operation({
    method: "PATCH",
    path: "/task_runs/{id}",
    tag,
    scope: "run_flows",
    audited: false,
    summary: "Update Task Run",
    params: byId,
    body: taskRunUpdate,
    handle: async ({ params, body, deps }) => {
      const isNameless = body.name === null || body.name === "";
      const name = isNameless ? generateSlug(deps.random) : (body.name ?? null);
      if (!(await renameTaskRun(deps.db, params.id, name, deps.now()))) throw notFound("Task run not found");
    },
  }),
  operation({
    method: "DELETE",
    path: "/task_runs/{id}",
    tag,
    scope: "manage_flow_runs",
    audited: "task_run",
    summary: "Delete Task Run",
    params: byId,
    handle: async ({ params, deps }) => {
      if ((await deleteObjects(deps, "task_run", [params.id])).length === 0) throw notFound("Task not found");
    },
  }),
  operation({
    method: "POST",
    path: "/task_runs/{id}/set_state",
    tag,
    scope: "run_flows",
    audited: false,
    summary: "Set Task Run State",
    params: byId,
    body: setState,
    response: orchestrationResult,
    otherStatus: 201,
    handle: async ({ params, body, deps }) => {
      const decision = await setTaskRunState(deps, { id: params.id, proposal: body.state, force: body.force });
      if (decision === null) throw missing(`Task run with id ${params.id} not found`);
      return orchestrationReply(decision);
    },
  }),
];

const lists = [
  operation({
    method: "POST",
    path: "/task_runs/filter",
    tag,
    scope: "see_flow_runs",
    summary: "Read Task Runs",
    body: taskRunList,
    bodyRequired: false,
    response: z.array(taskRun),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) => {
      const rows = await listTaskRuns(deps.db, { where: compileTaskRunFilters(filters), sort, limit, offset });
      const now = deps.now();
      return rows.map((row) => presentTaskRun(row, now));
    },
  }),
  operation({
    method: "POST",
    path: "/task_runs/paginate",
    tag,
    scope: "see_flow_runs",
    summary: "Paginate Task Runs",
    body: taskRunPage,
    bodyRequired: false,
    response: pageOf("TaskRunPaginationResponse", taskRunResponse),
    handle: ({ body: { sort, limit, page, ...filters }, deps }) => {
      const where = compileTaskRunFilters(filters);
      const now = deps.now();
      return paged(
        { limit, page },
        (window) => pageTaskRuns(deps.db, { where, sort, ...window }),
        (row) => presentTaskRunResponse(row, now),
      );
    },
  }),
  operation({
    method: "POST",
    path: "/task_runs/count",
    tag,
    scope: "see_flow_runs",
    summary: "Count Task Runs",
    body: taskRunCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countTaskRuns(deps.db, compileTaskRunFilters(body)),
  }),
  operation({
    method: "POST",
    path: "/task_runs/history",
    tag,
    scope: "see_flow_runs",
    summary: "Task Run History",
    body: taskRunHistory,
    response: historyResponse,
    handle: async ({ body: { history_start, history_end, history_interval_seconds, ...filters }, deps }) => {
      const span = { history_start, history_end, history_interval_seconds };
      checkInterval(span);
      const where = compileTaskRunFilters(filters);
      return presentHistory(await runHistory(deps.db, { table: "task_run", where, span, now: deps.now() }));
    },
  }),
];

export const taskRunOperations = [...objects, ...lists];

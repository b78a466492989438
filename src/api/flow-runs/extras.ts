import * as z from "zod";
import { compileFlowRunFilters } from "../../filters/index.ts";
import { badRequest, conflict, found, missing, notFound } from "../../http/errors.ts";
import { operation } from "../../http/operation.ts";
import { presentFlowRunInput } from "../../present/flow-runs.ts";
import { presentDependencies, presentGraph } from "../../present/graph.ts";
import { presentHistory } from "../../present/history.ts";
import { presentWaitingRun } from "../../present/waiting-runs.ts";
import { byId, pathUuid, timestamp } from "../../schemas/common.ts";
import {
  dependencyResult,
  flowRunCount,
  flowRunGraph,
  flowRunHistory,
  flowRunInput,
  flowRunInputCreate,
  flowRunInputList,
} from "../../schemas/flow-runs.ts";
import { historyResponse } from "../../schemas/history.ts";
import { waitingRun } from "../../schemas/waiting-runs.ts";
import { runHistory } from "../../services/read-history.ts";
import { mostGraphItems, readDependencies, readGraph } from "../../store/flow-runs/graph.ts";
import { createFlowRunInput, deleteFlowRunInput, listFlowRunInputs, readFlowRunInput } from "../../store/flow-runs/inputs.ts";
import { averageLateness } from "../../store/flow-runs/lateness.ts";
import { readWaitingRun } from "../../store/waiting-runs/read.ts";
import { checkInterval } from "../history.ts";

const tag = "Flow Runs";
const byKey = z.object({ id: pathUuid(), key: z.string() });
const noInput = "Flow run input not found";

const inputs = [
  operation({
    method: "POST",
    path: "/flow_runs/{id}/input",
    tag,
    scope: "run_flows",
    audited: false,
    summary: "Create Flow Run Input",
    params: byId,
    body: flowRunInputCreate,
    response: z.null(),
    status: 201,
    errors: [409],
    handle: async ({ params, body, deps }) => {
      const now = deps.now();
      const row = { ...body, sender: body.sender ?? null, id: deps.newId(), flow_run_id: params.id, created: now, updated: now };
      const outcome = await createFlowRunInput(deps.db, row);
      if (outcome === "taken") throw conflict("A flow run input with this key already exists.");
      if (outcome === "no_flow_run") throw notFound("Flow run not found");
      return null;
    },
  }),
  operation({
    method: "POST",
    path: "/flow_runs/{id}/input/filter",
    tag,
    scope: "see_flow_runs",
    summary: "Filter Flow Run Input",
    params: byId,
    body: flowRunInputList,
    response: z.array(flowRunInput),
    handle: async ({ params, body, deps }) => (await listFlowRunInputs(deps.db, params.id, body)).map(presentFlowRunInput),
  }),
  operation({
    method: "GET",
    path: "/flow_runs/{id}/input/{key}",
    tag,
    scope: "see_flow_runs",
    summary: "Read Flow Run Input",
    params: byKey,
    status: 200,
    media: "text/plain",
    handle: async ({ params, deps }) => {
      const { value } = found(await readFlowRunInput(deps.db, params.id, params.key), noInput);
      return new Response(value, { headers: { "content-type": "text/plain; charset=utf-8" } });
    },
  }),
  operation({
    method: "DELETE",
    path: "/flow_runs/{id}/input/{key}",
    tag,
    scope: "run_flows",
    audited: false,
    summary: "Delete Flow Run Input",
    params: byKey,
    handle: async ({ params, deps }) => {
      if (!(await deleteFlowRunInput(deps.db, params.id, params.key))) throw notFound(noInput);
    },
  }),
];

const views = [
  operation({
    method: "GET",
    path: "/flow_runs/{id}/why_late",
    tag,
    scope: "see_flow_runs",
    summary: "Read Why A Flow Run Waits",
    params: byId,
    response: waitingRun,
    handle: async ({ params, deps }) => {
      const now = deps.now();
      return presentWaitingRun(params.id, found(await readWaitingRun(deps.db, params.id, now), "Flow run not found"), now);
    },
  }),
  operation({
    method: "POST",
    path: "/flow_runs/lateness",
    tag,
    scope: "see_flow_runs",
    summary: "Average Flow Run Lateness",
    body: flowRunCount,
    bodyRequired: false,
    response: z.number().nullable(),
    handle: ({ body, deps }) => averageLateness(deps.db, compileFlowRunFilters(body), deps.now()),
  }),
  operation({
    method: "POST",
    path: "/flow_runs/history",
    tag,
    scope: "see_flow_runs",
    summary: "Flow Run History",
    body: flowRunHistory,
    response: historyResponse,
    handle: async ({ body: { history_start, history_end, history_interval_seconds, ...filters }, deps }) => {
      const span = { history_start, history_end, history_interval_seconds };
      checkInterval(span);
      const where = compileFlowRunFilters(filters);
      return presentHistory(await runHistory(deps.db, { table: "flow_run", where, span, now: deps.now() }));
    },
  }),
  operation({
    method: "GET",
    path: "/flow_runs/{id}/graph",
    tag,
    scope: "see_flow_runs",
    summary: "Read Flow Run Graph V1",
    params: byId,
    response: z.array(dependencyResult),
    handle: async ({ params, deps }) => {
      const taskRuns = await readDependencies(deps.db, params.id);
      if (taskRuns === null) throw missing(`Flow run with id ${params.id} not found`);
      return taskRuns.map((taskRun) => presentDependencies(taskRun, deps.now()));
    },
  }),
  operation({
    method: "GET",
    path: "/flow_runs/{id}/graph-v2",
    tag,
    scope: "see_flow_runs",
    summary: "Read Flow Run Graph V2",
    params: byId,
    query: z.object({ since: timestamp().optional() }),
    response: flowRunGraph,
    handle: async ({ params, query, deps }) => {
      const graph = await readGraph(deps.db, params.id);
      if (graph === null) throw missing(`Flow run ${params.id} not found`);
      if (graph.runs.length > mostGraphItems)
        throw badRequest(`The graph of flow run ${params.id} has more than ${mostGraphItems} nodes.`);
      return presentGraph(graph, query.since ?? null);
    },
  }),
];

/** Operations on inputs, histories and graphs of flow runs. */
export const flowRunExtras = [...inputs, ...views];

import * as z from "zod";
import { found } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { presentState } from "../present/states.ts";
import { byId, uuid } from "../schemas/common.ts";
import { state } from "../schemas/states.ts";
import { listFlowRunStates, listTaskRunStates, readFlowRunState, readTaskRunState } from "../store/states/read.ts";

// The same text for both groups, as clients know it.
const absent = "Flow run state not found";

/** The recorded states of flow runs and of task runs: two groups that are alike. */
export const runStateOperations = [
  operation({
    method: "GET",
    path: "/flow_run_states/{id}",
    tag: "Flow Run States",
    scope: "see_flow_runs",
    summary: "Read Flow Run State",
    params: byId,
    response: state,
    handle: async ({ params, deps }) => presentState(found(await readFlowRunState(deps.db, params.id), absent)),
  }),
  operation({
    method: "GET",
    path: "/flow_run_states/",
    tag: "Flow Run States",
    scope: "see_flow_runs",
    summary: "Read Flow Run States",
    query: z.object({ flow_run_id: uuid() }),
    response: z.array(state),
    handle: async ({ query, deps }) => (await listFlowRunStates(deps.db, query.flow_run_id)).map(presentState),
  }),
  operation({
    method: "GET",
    path: "/task_run_states/{id}",
    tag: "Task Run States",
    scope: "see_flow_runs",
    summary: "Read Task Run State",
    params: byId,
    response: state,
    handle: async ({ params, deps }) => presentState(found(await readTaskRunState(deps.db, params.id), absent)),
  }),
  operation({
    method: "GET",
    path: "/task_run_states/",
    tag: "Task Run States",
    scope: "see_flow_runs",
    summary: "Read Task Run States",
    query: z.object({ task_run_id: uuid() }),
    response: z.array(state),
    handle: async ({ query, deps }) => (await listTaskRunStates(deps.db, query.task_run_id)).map(presentState),
  }),
];

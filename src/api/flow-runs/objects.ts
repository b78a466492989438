import { generateSlug } from "../../domain/slugs.ts";
import { clientOf, creatorOf } from "../../http/client.ts";
import { badRequest, found, missing, notFound, unprocessable } from "../../http/errors.ts";
import { createdOrFound, operation } from "../../http/operation.ts";
import { presentFlowRun } from "../../present/flow-runs.ts";
import { byId } from "../../schemas/common.ts";
import { flowRun, flowRunCreate, flowRunLabels, flowRunUpdate } from "../../schemas/flow-runs.ts";
import { crashUnresponsiveRuns } from "../../services/crash-unresponsive-runs.ts";
import { createFlowRun } from "../../services/create-flow-run.ts";
import { updateFlowRun } from "../../services/update-flow-run.ts";
import { deleteObjects } from "../../store/deletion/objects.ts";
import { mergeFlowRunLabels } from "../../store/flow-runs/change.ts";
import { readFlowRun } from "../../store/flow-runs/read.ts";

const tag = "Flow Runs";
const absent = "Flow run not found";

/** Operations on single flow runs. */
export const flowRunObjects = [
  operation({
    method: "POST",
    path: "/flow_runs/",
    tag,
    scope: "run_flows",
    audited: "flow_run",
    summary: "Create Flow Run",
    body: flowRunCreate,
    response: flowRun,
    status: 201,
    otherStatus: 200,
    errors: [404, 409],
    handle: async ({ body, deps, request }) => {
      const creation = await createFlowRun(deps, {
        create: body,
        created_by: creatorOf(request, deps.principal),
        client: clientOf(request),
      });
      switch (creation.kind) {
        case "written":
          return createdOrFound(creation.created, presentFlowRun(creation.stored, deps.now()));
        case "no_work_pool":
          throw notFound(`Work pool "${creation.name}" not found.`);
        case "no_work_queue":
          throw notFound(`Work pool queue '${creation.pool}/${creation.name}' not found.`);
      }
    },
  }),
  operation({
    method: "GET",
    path: "/flow_runs/{id}",
    tag,
    scope: "see_flow_runs",
    summary: "Read Flow Run",
    params: byId,
    response: flowRun,
    handle: async ({ params, deps }) => {
      const run = found(await readFlowRun(deps.db, params.id), absent);
      const isStale = run.run.state_type === "RUNNING" && (await crashUnresponsiveRuns(deps, params.id)).written > 0;
      return presentFlowRun(isStale ? found(await readFlowRun(deps.db, params.id), absent) : run, deps.now());
    },
  }),
  operation({
    method: "PATCH",
    path: "/flow_runs/{id}",
    tag,
    scope: "run_flows",
    audited: "flow_run",
    summary: "Update Flow Run",
    params: byId,
    body: flowRunUpdate,
    handle: async ({ params, body, deps }) => {
      const isNameless = body.name === null || body.name === "";
      const update = isNameless ? { ...body, name: generateSlug(deps.random) } : body;
      const outcome = await updateFlowRun(deps, params.id, update);
      switch (outcome.kind) {
        case "written":
          return;
        case "not_found":
          throw notFound(absent);
        case "refused":
          throw badRequest(outcome.reason);
        case "invalid":
          throw unprocessable(outcome.reason);
      }
    },
  }),
  operation({
    method: "PATCH",
    path: "/flow_runs/{id}/labels",
    tag,
    scope: "run_flows",
    audited: "flow_run",
    summary: "Update Flow Run Labels",
    params: byId,
    body: flowRunLabels,
    handle: async ({ params, body, deps }) => {
      if (!(await mergeFlowRunLabels(deps.db, params.id, body, deps.now())))
        throw missing(`Flow run with id ${params.id} not found`);
    },
  }),
  operation({
    method: "DELETE",
    path: "/flow_runs/{id}",
    tag,
    scope: "manage_flow_runs",
    audited: "flow_run",
    summary: "Delete Flow Run",
    params: byId,
    handle: async ({ params, deps }) => {
      if ((await deleteObjects(deps, "flow_run", [params.id])).length === 0) throw notFound(absent);
    },
  }),
];

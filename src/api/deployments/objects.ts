import * as z from "zod";
import { refusalOfCreate } from "../../domain/deployments/parameters.ts";
import { creatorOf } from "../../http/client.ts";
import { found, invalidRequest, notFound } from "../../http/errors.ts";
import { createdOrFound, operation } from "../../http/operation.ts";
import { presentBareWorkQueue, presentDeployment } from "../../present/deployments.ts";
import { byId } from "../../schemas/common.ts";
import {
  bareWorkQueue,
  type DeploymentCreate,
  deployment,
  deploymentCreate,
  deploymentUpdate,
} from "../../schemas/deployments.ts";
import { createDeployment, updateDeployment } from "../../services/write-deployment.ts";
import { deleteObjects } from "../../store/deletion/objects.ts";
import { pauseDeployment, resumeDeployment } from "../../store/deployments/change.ts";
import { queuesFor } from "../../store/deployments/poll.ts";
import { readDeployment, readDeploymentByName } from "../../store/deployments/read.ts";
import { absent, errorOf, makeRunsInBackground, tag } from "./shared.ts";

/** Operations on single deployments. */
export const deploymentObjects = [
  operation({
    method: "POST",
    path: "/deployments/",
    tag,
    scope: "write_deployments",
    audited: "deployment",
    summary: "Create Deployment",
    body: deploymentCreate,
    response: deployment,
    status: 201,
    otherStatus: 200,
    errors: [404, 409],
    handle: async ({ body, deps, request }) => {
      refuseBadParameters(body);
      const written = await createDeployment(deps, body, creatorOf(request, deps.principal));
      if (written.kind !== "written") throw errorOf(written);
      makeRunsInBackground(deps, written.stored.row.id);
      return createdOrFound(written.created, presentDeployment(written.stored, deps.now()));
    },
  }),
  operation({
    method: "GET",
    path: "/deployments/{id}",
    tag,
    scope: "see_deployments",
    summary: "Read Deployment",
    params: byId,
    response: deployment,
    handle: async ({ params, deps }) => {
      const now = deps.now();
      return presentDeployment(found(await readDeployment(deps.db, params.id, now), absent), now);
    },
  }),
  operation({
    method: "GET",
    path: "/deployments/name/{flow_name}/{deployment_name}",
    tag,
    scope: "see_deployments",
    summary: "Read Deployment By Name",
    params: z.object({ flow_name: z.string(), deployment_name: z.string() }),
    response: deployment,
    errors: [404],
    handle: async ({ params, deps }) => {
      const now = deps.now();
      return presentDeployment(found(await readDeploymentByName(deps.db, params, now), absent), now);
    },
  }),
  operation({
    method: "PATCH",
    path: "/deployments/{id}",
    tag,
    scope: "write_deployments",
    audited: "deployment",
    summary: "Update Deployment",
    params: byId,
    body: deploymentUpdate,
    errors: [409],
    handle: async ({ params, body, deps }) => {
      const written = await updateDeployment(deps, params.id, body);
      if (written.kind !== "written") throw errorOf(written);
      makeRunsInBackground(deps, params.id);
    },
  }),
  operation({
    method: "DELETE",
    path: "/deployments/{id}",
    tag,
    scope: "manage_deployments",
    audited: "deployment",
    summary: "Delete Deployment",
    params: byId,
    handle: async ({ params, deps }) => {
      if ((await deleteObjects(deps, "deployment", [params.id])).length === 0) throw notFound(absent);
    },
  }),
  operation({
    method: "POST",
    path: "/deployments/{id}/pause_deployment",
    tag,
    scope: "write_deployments",
    audited: "deployment",
    summary: "Pause Deployment",
    params: byId,
    response: z.null(),
    handle: async ({ params, deps }) => {
      if (!(await pauseDeployment(deps.db, params.id, deps))) throw notFound(absent);
      return null;
    },
  }),
  operation({
    method: "POST",
    path: "/deployments/{id}/resume_deployment",
    tag,
    scope: "write_deployments",
    audited: "deployment",
    summary: "Resume Deployment",
    params: byId,
    response: z.null(),
    handle: async ({ params, deps }) => {
      if (!(await resumeDeployment(deps.db, params.id, deps))) throw notFound(absent);
      makeRunsInBackground(deps, params.id);
      return null;
    },
  }),
  operation({
    method: "GET",
    path: "/deployments/{id}/work_queue_check",
    tag,
    scope: "see_deployments",
    summary: "Work Queue Check For Deployment",
    deprecated: true,
    params: byId,
    response: z.array(bareWorkQueue),
    handle: async ({ params, deps }) => found(await queuesFor(deps.db, params.id), absent).map(presentBareWorkQueue),
  }),
];

// A new deployment's parameters are validated only if the body itself sends enforce_parameter_schema.
function refuseBadParameters(body: DeploymentCreate): void {
  if (body.enforce_parameter_schema !== true) return;
  const refusal = refusalOfCreate(body.parameters, body.parameter_openapi_schema);
  if (refusal === null) return;
  throw invalidRequest([{ type: "value_error", loc: ["body"], msg: `Value error, ${refusal.message}`, input: body }], body);
}

import * as z from "zod";
import type { RunRefusal } from "../../domain/deployments/run.ts";
import { windowFrom } from "../../domain/deployments/scheduled-runs.ts";
import { clientOf, creatorOf } from "../../http/client.ts";
import { type ApiError, badRequest, conflict, found, integrityConflict, notFound, unprocessable } from "../../http/errors.ts";
import { createdOrFound, operation } from "../../http/operation.ts";
import { presentFlowRun } from "../../present/flow-runs.ts";
import { byId } from "../../schemas/common.ts";
import {
  deploymentFlowRunCreate,
  deploymentFlowRunCreates,
  deploymentScheduling,
  flowRunsCreated,
} from "../../schemas/deployments.ts";
import { flowRun } from "../../schemas/flow-runs.ts";
import { makeRunsInWindow } from "../../services/materialise-schedules.ts";
import { runDeployment } from "../../services/run-deployment.ts";
import { absent, tag } from "./shared.ts";

const mostAtOnce = 100;

/** Operations that create runs of a deployment. */
export const deploymentRuns = [
  operation({
    method: "POST",
    path: "/deployments/{id}/schedule",
    tag,
    scope: "run_deployments",
    audited: "deployment",
    summary: "Schedule Deployment",
    params: byId,
    body: deploymentScheduling,
    bodyRequired: false,
    response: z.null(),
    handle: async ({ params, body, deps }) => {
      const { start_time, end_time, min_time, min_runs, max_runs } = body;
      const window = windowFrom(start_time ?? deps.now(), end_time ?? null, {
        ...(min_time !== undefined && { min_time_seconds: min_time }),
        ...(min_runs !== undefined && { min_runs }),
        ...(max_runs !== undefined && { max_runs }),
      });
      await makeRunsInWindow(deps, params.id, window);
      return null;
    },
  }),
  operation({
    method: "POST",
    path: "/deployments/{id}/create_flow_run",
    tag,
    scope: "run_deployments",
    audited: "flow_run",
    summary: "Create Flow Run From Deployment",
    params: byId,
    body: deploymentFlowRunCreate,
    response: flowRun,
    status: 201,
    otherStatus: 200,
    errors: [409],
    handle: async ({ params, body, deps, request }) => {
      const creator = { created_by: creatorOf(request, deps.principal), client: clientOf(request) };
      const outcomes = await runDeployment(deps, { deployment_id: params.id, runs: [body], ...creator });
      const outcome = found(outcomes?.[0] ?? null, absent);
      if (outcome.kind === "refused") throw errorOf(outcome.refusal, params.id);
      return createdOrFound(outcome.created, presentFlowRun(outcome.stored, deps.now()));
    },
  }),
  operation({
    method: "POST",
    path: "/deployments/{id}/create_flow_run/bulk",
    tag,
    scope: "run_deployments",
    audited: "deployment",
    summary: "Bulk Create Flow Runs From Deployment",
    params: byId,
    body: deploymentFlowRunCreates,
    response: flowRunsCreated,
    handle: async ({ params, body, deps, request }) => {
      if (body.length > mostAtOnce) throw badRequest(`Cannot create more than ${mostAtOnce} flow runs at once.`);
      const creator = { created_by: creatorOf(request, deps.principal), client: clientOf(request) };
      deps.db.about({ count: body.length });
      const outcomes = found(await runDeployment(deps, { deployment_id: params.id, runs: body, ...creator }), absent);
      return {
        results: outcomes.map((outcome) =>
          outcome.kind === "written"
            ? { flow_run_id: outcome.stored.run.id, status: "CREATED" as const, error: null }
            : { flow_run_id: null, status: "FAILED" as const, error: textInBulk(outcome.refusal) },
        ),
      };
    },
  }),
];

function errorOf({ kind, message }: RunRefusal, deployment_id: string): ApiError {
  switch (kind) {
    case "parameters_not_hydrated":
      return badRequest(`Error hydrating flow run parameters: ${message}`);
    case "no_schema":
      return conflict(message);
    case "parameters_invalid":
      return conflict(`Error creating flow run: ${message}`);
    case "schema_invalid":
    case "schema_circular":
    case "job_schema_invalid":
      return unprocessable(message);
    case "job_variables_invalid":
      return unprocessable(`Error creating flow run: ${message}`);
    case "block_missing":
      return notFound(message);
    case "work_pool_missing":
      return badRequest(
        `Cannot create flow run in work queue ${message} because deployment ${deployment_id} is not associated with a work pool. Please remove work_pool_name and try again.`,
      );
    case "integrity_violated":
      return integrityConflict();
  }
}

function textInBulk({ kind, message }: RunRefusal): string {
  switch (kind) {
    case "no_schema":
      return "Parameter schema enforcement is enabled but deployment has no valid schema.";
    case "parameters_invalid":
      return `Parameter validation failed: ${message}`;
    case "schema_circular":
      return "Invalid schema: circular references detected.";
    case "job_variables_invalid":
      return `Error creating flow run: ${message}`;
    case "work_pool_missing":
      return `Cannot create flow run in work queue ${message} because deployment is not associated with a work pool.`;
    case "parameters_not_hydrated":
    case "schema_invalid":
    case "job_schema_invalid":
    case "block_missing":
    case "integrity_violated":
      return message;
  }
}

import type { Deps } from "../../deps.ts";
import { type ApiError, badRequest, conflict, integrityConflict, notFound, unprocessable } from "../../http/errors.ts";
import { makeDueRunsOf } from "../../services/materialise-schedules.ts";
import type { DeploymentRefusal } from "../../services/write-deployment.ts";

export const tag = "Deployments";

// The reference ends this text with a full stop in some operations and not in others.
export const absent = "Deployment not found";
export const absentWithStop = "Deployment not found.";

/** Returns the error that answers a deployment which was not written. */
export function errorOf(refusal: DeploymentRefusal): ApiError {
  switch (refusal.kind) {
    case "not_found":
      return notFound(absentWithStop);
    case "work_pool_not_found":
      return notFound(`Work pool "${refusal.name}" not found.`);
    case "concurrency_limit_not_found":
      return notFound("Concurrency limit not found");
    case "block_missing":
      return conflict(missingBlock(refusal.what, refusal.id));
    case "template_block_missing":
      return notFound(refusal.reason);
    case "job_variables_invalid":
      if (refusal.of === "update") return conflict(`Error creating deployment: ${refusal.reason}`);
      return unprocessable(refusal.fault === "value" ? `Error creating deployment: ${refusal.reason}` : refusal.reason);
    case "parameters_not_hydrated":
      return badRequest(`Error hydrating deployment parameters: ${refusal.reason}`);
    case "parameters_invalid":
      if (refusal.fault === "value") return conflict(`Error updating deployment: ${refusal.reason}`);
      return refusal.fault === "no_schema" ? conflict(refusal.reason) : unprocessable(refusal.reason);
    case "schedules_refused":
      return unprocessable(refusal.reason);
    case "integrity_violated":
      return integrityConflict();
  }
}

const missingBlock = (what: string, id: string): string =>
  `Error creating deployment. Could not find ${what} block with id: ${id}. This usually occurs when applying a deployment specification that was built against a different Prefect database / workspace.`;

/** Continues work after the answer was sent; a failure is logged only, since the next tick of the cron repeats the work. */
export const inBackground = (deps: Deps, what: string, work: Promise<unknown>): void =>
  deps.waitUntil(work.catch((error) => deps.log("warn", { background: what, error: String(error) })));

/** Creates the runs that a deployment's schedules need after the answer was sent, if this server creates scheduled runs by itself. */
export function makeRunsInBackground(deps: Deps, deployment_id: string): void {
  if (deps.config.worksByItself) inBackground(deps, "runs of schedules", makeDueRunsOf(deps, deployment_id));
}

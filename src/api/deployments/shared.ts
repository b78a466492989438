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
    case "absent":
      return notFound(absentWithStop);
    case "no pool":
      return notFound(`Work pool "${refusal.name}" not found.`);
    case "no limit":
      return notFound("Concurrency limit not found");
    case "not found":
      return notFound(refusal.message);
    case "bad request":
      return badRequest(refusal.message);
    case "conflict":
      return conflict(refusal.message);
    case "unprocessable":
      return unprocessable(refusal.message);
    case "violation":
      return integrityConflict();
  }
}

/** Lets work go on behind the answer; that it fails is logged, since the next tick of the cron does it again. */
export const behind = (deps: Deps, what: string, work: Promise<unknown>): void =>
  deps.waitUntil(work.catch((error) => deps.log("warn", { behind: what, error: String(error) })));

/** Lets the runs that a deployment's schedules need be made behind the answer, where this server makes runs by itself. */
export function makeRunsBehind(deps: Deps, deployment_id: string): void {
  if (deps.config.worksByItself) behind(deps, "runs of schedules", makeDueRunsOf(deps, deployment_id));
}

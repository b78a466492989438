import type { DeploymentFilter } from "../../schemas/filters/deployments.ts";
import { and, contains, hasAllTags, hasAnyTag, isIn, isNotIn, isUntagged, join, type Predicate, some } from "../predicate.ts";

/** Returns what a deployment must meet. */
export function lowerDeployments(filter: DeploymentFilter): Predicate {
  // The deprecated `concurrency_limit` is no condition, also under `or_` (prefect/server/schemas/filters.py DeploymentFilter).
  const { id, name, flow_or_deployment_name, paused, tags, work_queue_name } = filter;
  return join(
    filter.operator,
    id && and(isIn("id", id.any_), isNotIn("id", id.not_any_)),
    name && and(isIn("name", name.any_), contains("name", name.like_)),
    flow_or_deployment_name && and(eitherName(flow_or_deployment_name.like_)),
    paused && and(isIn("paused", paused.eq_ === undefined ? undefined : [paused.eq_ ? 1 : 0])),
    tags &&
      join(tags.operator, hasAllTags("deployment", tags.all_), hasAnyTag("deployment", tags.any_), isUntagged(tags.is_null_)),
    work_queue_name && and(isIn("work_queue_name", work_queue_name.any_)),
  );
}

const eitherName = (text: string | undefined): Predicate | undefined =>
  text ? join("or_", contains("name", text), some("deployment.flow", contains("name", text))) : undefined;

import type { FlowFilter } from "../../schemas/filters/flows.ts";
import { and, contains, exists, hasAllTags, isIn, isNotIn, isUntagged, join, type Predicate } from "../predicate.ts";

/** Returns what a flow must meet. */
export function lowerFlows({ operator, id, deployment, name, tags }: FlowFilter): Predicate {
  return join(
    operator,
    id && and(isIn("id", id.any_), isNotIn("id", id.not_any_)),
    deployment && and(negated("flow.deployments", deployment.is_null_)),
    name && and(isIn("name", name.any_), contains("name", name.like_)),
    tags && join(tags.operator, hasAllTags("flow", tags.all_), isUntagged(tags.is_null_)),
  );
}

const negated = (relation: "flow.deployments", isNull: boolean | undefined) =>
  exists(relation, isNull === undefined ? undefined : !isNull);

import type { ArtifactCollectionFilter, ArtifactFilter } from "../../schemas/filters/artifacts.ts";
import { and, contains, isIn, isNotIn, isNull, join, type Predicate } from "../predicate.ts";

/** Returns what an artifact, or the latest artifact of a key, must meet. */
export function lowerArtifacts(filter: ArtifactFilter | ArtifactCollectionFilter): Predicate {
  const { operator, key, flow_run_id, task_run_id, type } = filter;
  const id = "id" in filter ? filter.id : undefined;
  const latest = "latest_id" in filter ? filter.latest_id : undefined;
  const isKeyNull = key?.exists_ === undefined ? undefined : !key.exists_;
  return join(
    operator,
    id && and(isIn("id", id.any_)),
    latest && and(isIn("latest_id", latest.any_)),
    key && and(isIn("key", key.any_), contains("key", key.like_), isNull("key", isKeyNull)),
    flow_run_id && and(isIn("flow_run_id", flow_run_id.any_)),
    task_run_id && and(isIn("task_run_id", task_run_id.any_)),
    type && and(isIn("type", type.any_), isNotIn("type", type.not_any_)),
  );
}

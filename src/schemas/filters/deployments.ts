import type * as z from "zod";
import { integer, optional } from "../common.ts";
import { flag, joined, like, members, texts, uuids } from "./members.ts";

/** The conditions on a deployment. */
export const deploymentFilter = joined("DeploymentFilter", {
  id: optional(members("DeploymentFilterId", { any_: uuids(), not_any_: uuids() })),
  name: optional(members("DeploymentFilterName", { any_: texts(), like_: like() })),
  flow_or_deployment_name: optional(members("DeploymentOrFlowNameFilter", { like_: like() })),
  paused: optional(members("DeploymentFilterPaused", { eq_: flag() })),
  tags: optional(joined("DeploymentFilterTags", { all_: texts(), any_: texts(), is_null_: flag() })),
  work_queue_name: optional(members("DeploymentFilterWorkQueueName", { any_: texts() })),
  // Accepted from old clients and ignored.
  concurrency_limit: optional(
    members("DeploymentFilterConcurrencyLimit", { ge_: optional(integer()), le_: optional(integer()), is_null_: flag() }),
  ),
});

export type DeploymentFilter = z.output<typeof deploymentFilter>;

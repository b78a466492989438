import type * as z from "zod";
import { optional } from "../common.ts";
import { flag, joined, like, members, stateTypes, texts, time, uuids } from "./members.ts";

/** The conditions on a flow run. */
export const flowRunFilter = joined("FlowRunFilter", {
  id: optional(members("FlowRunFilterId", { any_: uuids(), not_any_: uuids() })),
  name: optional(members("FlowRunFilterName", { any_: texts(), like_: like() })),
  tags: optional(joined("FlowRunFilterTags", { all_: texts(), any_: texts(), is_null_: flag() })),
  deployment_id: optional(joined("FlowRunFilterDeploymentId", { any_: uuids(), is_null_: flag() })),
  work_queue_name: optional(joined("FlowRunFilterWorkQueueName", { any_: texts(), is_null_: flag() })),
  state: optional(
    joined("FlowRunFilterState", {
      type: optional(members("FlowRunFilterStateType", { any_: stateTypes(), not_any_: stateTypes() })),
      name: optional(members("FlowRunFilterStateName", { any_: texts(), not_any_: texts() })),
    }),
  ),
  flow_version: optional(members("FlowRunFilterFlowVersion", { any_: texts() })),
  start_time: optional(members("FlowRunFilterStartTime", { before_: time(), after_: time(), is_null_: flag() })),
  end_time: optional(members("FlowRunFilterEndTime", { before_: time(), after_: time(), is_null_: flag() })),
  expected_start_time: optional(members("FlowRunFilterExpectedStartTime", { before_: time(), after_: time() })),
  next_scheduled_start_time: optional(members("FlowRunFilterNextScheduledStartTime", { before_: time(), after_: time() })),
  parent_flow_run_id: optional(joined("FlowRunFilterParentFlowRunId", { any_: uuids() })),
  parent_task_run_id: optional(joined("FlowRunFilterParentTaskRunId", { any_: uuids(), is_null_: flag() })),
  idempotency_key: optional(members("FlowRunFilterIdempotencyKey", { any_: texts(), not_any_: texts() })),
  created_by: optional(joined("FlowRunFilterCreatedBy", { id_: uuids(), type_: texts(), is_null_: flag() })),
});

export type FlowRunFilter = z.output<typeof flowRunFilter>;

import type * as z from "zod";
import { boolean, optional } from "../common.ts";
import { flag, joined, like, members, stateTypes, texts, time, uuids } from "./members.ts";

/** The conditions on a task run. */
export const taskRunFilter = joined("TaskRunFilter", {
  id: optional(members("TaskRunFilterId", { any_: uuids() })),
  name: optional(members("TaskRunFilterName", { any_: texts(), like_: like() })),
  tags: optional(joined("TaskRunFilterTags", { all_: texts(), is_null_: flag() })),
  state: optional(
    joined("TaskRunFilterState", {
      type: optional(members("TaskRunFilterStateType", { any_: stateTypes() })),
      name: optional(members("TaskRunFilterStateName", { any_: texts() })),
    }),
  ),
  start_time: optional(members("TaskRunFilterStartTime", { before_: time(), after_: time(), is_null_: flag() })),
  end_time: optional(members("TaskRunFilterEndTime", { before_: time(), after_: time(), is_null_: flag() })),
  expected_start_time: optional(members("TaskRunFilterExpectedStartTime", { before_: time(), after_: time() })),
  subflow_runs: optional(members("TaskRunFilterSubFlowRuns", { exists_: flag() })),
  // Null and absent differ here: absent means false, null means no condition.
  flow_run_id: optional(joined("TaskRunFilterFlowRunId", { any_: uuids(), is_null_: boolean().nullable().default(false) })),
});

export type TaskRunFilter = z.output<typeof taskRunFilter>;

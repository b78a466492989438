import type { TaskRunFilter } from "../../schemas/filters/task-runs.ts";
import {
  and,
  atLeast,
  atMost,
  contains,
  exists,
  hasAllTags,
  isIn,
  isNull,
  isUntagged,
  join,
  type Predicate,
} from "../predicate.ts";

/** Returns what a task run must meet. */
export function lowerTaskRuns(filter: TaskRunFilter): Predicate {
  const { id, name, tags, state, start_time, end_time, expected_start_time, subflow_runs, flow_run_id } = filter;
  return join(
    filter.operator,
    id && and(isIn("id", id.any_)),
    name && and(isIn("name", name.any_), contains("name", name.like_)),
    tags && join(tags.operator, hasAllTags("task_run", tags.all_), isUntagged(tags.is_null_)),
    state && join(state.operator, isIn("state_type", state.type?.any_), isIn("state_name", state.name?.any_)),
    start_time &&
      and(
        atMost("start_time", start_time.before_),
        atLeast("start_time", start_time.after_),
        isNull("start_time", start_time.is_null_),
      ),
    end_time &&
      and(atMost("end_time", end_time.before_), atLeast("end_time", end_time.after_), isNull("end_time", end_time.is_null_)),
    expected_start_time &&
      and(atMost("expected_start_time", expected_start_time.before_), atLeast("expected_start_time", expected_start_time.after_)),
    subflow_runs && and(exists("task_run.subflow_runs", subflow_runs.exists_)),
    flow_run_id && lowerFlowRunId(flow_run_id),
  );
}

// `is_null_` true beats the list; false (also when not sent) asks for a flow run only where there is no list.
function lowerFlowRunId({ any_, is_null_ }: NonNullable<TaskRunFilter["flow_run_id"]>): Predicate {
  if (is_null_ === true) return { kind: "null", column: "flow_run_id" };
  if (is_null_ === false && any_ === undefined) return { kind: "not_null", column: "flow_run_id" };
  return and(isIn("flow_run_id", any_));
}

import type { FlowRunFilter } from "../../schemas/filters/flow-runs.ts";
import {
  and,
  atLeast,
  atMost,
  contains,
  hasAllTags,
  hasAnyTag,
  isIn,
  isNotIn,
  isNull,
  isUntagged,
  join,
  type Predicate,
  some,
} from "../predicate.ts";

/** Returns what a flow run must meet. */
export function lowerFlowRuns(filter: FlowRunFilter): Predicate {
  const { id, name, tags, deployment_id, work_queue_name, state, flow_version } = filter;
  const { parent_flow_run_id, parent_task_run_id, idempotency_key, created_by } = filter;
  return join(
    filter.operator,
    id && and(isIn("id", id.any_), isNotIn("id", id.not_any_)),
    name && and(isIn("name", name.any_), contains("name", name.like_)),
    tags && join(tags.operator, hasAllTags("flow_run", tags.all_), hasAnyTag("flow_run", tags.any_), isUntagged(tags.is_null_)),
    deployment_id &&
      join(deployment_id.operator, isIn("deployment_id", deployment_id.any_), isNull("deployment_id", deployment_id.is_null_)),
    work_queue_name &&
      join(
        work_queue_name.operator,
        isIn("work_queue_name", work_queue_name.any_),
        isNull("work_queue_name", work_queue_name.is_null_),
      ),
    state && lowerState(state),
    flow_version && and(isIn("flow_version", flow_version.any_)),
    ...lowerTimes(filter),
    parent_flow_run_id &&
      and(parent_flow_run_id.any_ && some("flow_run.parent_task_run", isIn("flow_run_id", parent_flow_run_id.any_))),
    parent_task_run_id &&
      join(
        parent_task_run_id.operator,
        isIn("parent_task_run_id", parent_task_run_id.any_),
        isNull("parent_task_run_id", parent_task_run_id.is_null_),
      ),
    idempotency_key && and(isIn("idempotency_key", idempotency_key.any_), isNotIn("idempotency_key", idempotency_key.not_any_)),
    created_by &&
      join(
        created_by.operator,
        isIn("created_by.id", created_by.id_),
        isIn("created_by.type", created_by.type_),
        isNull("created_by", created_by.is_null_),
      ),
  );
}

// Unlike elsewhere a `type` or `name` without a condition is left out, under `or_` too (prefect/server/schemas/filters.py FlowRunFilterState).
function lowerState({ operator, type, name }: NonNullable<FlowRunFilter["state"]>): Predicate {
  return join(
    operator,
    type && both(isIn("state_type", type.any_), isNotIn("state_type", type.not_any_)),
    name && both(isIn("state_name", name.any_), isNotIn("state_name", name.not_any_)),
  );
}

const both = (first: Predicate | undefined, second: Predicate | undefined) =>
  first === undefined && second === undefined ? undefined : and(first, second);

function lowerTimes({ start_time, end_time, expected_start_time, next_scheduled_start_time }: FlowRunFilter) {
  return [
    start_time &&
      and(
        atMost("start_or_expected", start_time.before_),
        atLeast("start_or_expected", start_time.after_),
        isNull("start_time", start_time.is_null_),
      ),
    end_time &&
      and(atMost("end_time", end_time.before_), atLeast("end_time", end_time.after_), isNull("end_time", end_time.is_null_)),
    expected_start_time &&
      and(atMost("expected_start_time", expected_start_time.before_), atLeast("expected_start_time", expected_start_time.after_)),
    next_scheduled_start_time &&
      and(
        atMost("next_scheduled_start_time", next_scheduled_start_time.before_),
        atLeast("next_scheduled_start_time", next_scheduled_start_time.after_),
      ),
  ];
}

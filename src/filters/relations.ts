type Table = "flow" | "flow_run" | "task_run" | "deployment" | "work_pool" | "work_queue";

/**
 * How a related row is found: `to.key` equals the row's `by`. `kept`: a foreign key keeps the related row in being, so that
 * the row's own column says as much; "always" where that column is never null.
 */
export interface Link {
  to: Table;
  key: "id" | "flow_id" | "flow_run_id" | "deployment_id" | "parent_task_run_id";
  by:
    | "id"
    | "flow_id"
    | "flow_run_id"
    | "deployment_id"
    | "work_queue_id"
    | "work_pool_id"
    | "parent_task_run_id"
    | "task_run_id";
  kept?: "always" | "unless_null";
}

/** The graph of the entities, one edge a line: from the row at hand to the rows related to it. */
const links = {
  "flow.flow_runs": { to: "flow_run", key: "flow_id", by: "id" },
  "flow.deployments": { to: "deployment", key: "flow_id", by: "id" },
  "flow_run.flow": { to: "flow", key: "id", by: "flow_id", kept: "always" },
  "flow_run.deployment": { to: "deployment", key: "id", by: "deployment_id" },
  "flow_run.task_runs": { to: "task_run", key: "flow_run_id", by: "id" },
  "flow_run.work_queue": { to: "work_queue", key: "id", by: "work_queue_id", kept: "unless_null" },
  "flow_run.parent_task_run": { to: "task_run", key: "id", by: "parent_task_run_id", kept: "unless_null" },
  "task_run.flow_run": { to: "flow_run", key: "id", by: "flow_run_id", kept: "unless_null" },
  "task_run.subflow_runs": { to: "flow_run", key: "parent_task_run_id", by: "id" },
  "deployment.flow": { to: "flow", key: "id", by: "flow_id", kept: "always" },
  "deployment.flow_runs": { to: "flow_run", key: "deployment_id", by: "id" },
  "deployment.work_queue": { to: "work_queue", key: "id", by: "work_queue_id", kept: "unless_null" },
  "work_queue.work_pool": { to: "work_pool", key: "id", by: "work_pool_id", kept: "always" },
  "artifact.flow_run": { to: "flow_run", key: "id", by: "flow_run_id" },
  "artifact.task_run": { to: "task_run", key: "id", by: "task_run_id" },
} as const satisfies Record<string, Link>;

export type Relation = keyof typeof links;

export const relations: Record<Relation, Link> = links;

import type { DeploymentSort, FlowRunSort, FlowSort, TaskRunSort } from "../../schemas/sorting.ts";

/** A sort as a column and its direction. */
export interface Order {
  column:
    | "id"
    | "name"
    | "created"
    | "updated"
    | "start_or_expected"
    | "expected_start_time"
    | "next_scheduled_start_time"
    | "end_time"
    | "estimated_run_time";
  direction: "ASC" | "DESC";
}

const ascending = (column: Order["column"]): Order => ({ column, direction: "ASC" });
const descending = (column: Order["column"]): Order => ({ column, direction: "DESC" });

/** The orders of flows. */
export const flowOrders: Record<FlowSort, Order> = {
  NAME_ASC: ascending("name"),
  NAME_DESC: descending("name"),
  CREATED_DESC: descending("created"),
  UPDATED_DESC: descending("updated"),
};

/** The orders of deployments. */
export const deploymentOrders: Record<DeploymentSort, Order> = flowOrders;

const sharedOrders = {
  ID_DESC: descending("id"),
  EXPECTED_START_TIME_ASC: ascending("expected_start_time"),
  EXPECTED_START_TIME_DESC: descending("expected_start_time"),
  NAME_ASC: ascending("name"),
  NAME_DESC: descending("name"),
  NEXT_SCHEDULED_START_TIME_ASC: ascending("next_scheduled_start_time"),
  END_TIME_DESC: descending("end_time"),
} as const;

export const taskRunOrders: Record<TaskRunSort, Order> = {
  ...sharedOrders,
  DURATION_DESC: descending("estimated_run_time"),
  DURATION_ASC: ascending("estimated_run_time"),
};

export const flowRunOrders: Record<FlowRunSort, Order> = {
  ...sharedOrders,
  START_TIME_ASC: ascending("start_or_expected"),
  START_TIME_DESC: descending("start_or_expected"),
};

/**
 * Returns what stands after ORDER BY: the sort, then what tells rows apart, in the same direction. That is a total order, so that pages
 * never overlap, and one that a single index gives, read forwards or backwards.
 */
export const orderBy = ({ column, direction }: Order, alias: string, tie: "id" | "rowid"): string =>
  column === "id" ? `${alias}.id ${direction}` : `${alias}.${column} ${direction}, ${alias}.${tie} ${direction}`;

/** The same for runs: equal ones come as they were stored (migration 0005), of those that ran equally long the last expected first. */
export const orderByRun = (order: Order, alias: string): string =>
  order.column === "estimated_run_time"
    ? `${estimatedRunTime(alias)} ${order.direction}, ${alias}.expected_start_time DESC, ${alias}.rowid DESC`
    : orderBy(order, alias, "rowid");

/** What task runs that are running are ordered by: when they would have begun, had they run without a break. */
export const runningSince = (alias: string): string => `coalesce(${alias}.state_timestamp, 0) - max(${alias}.total_run_time, 0)`;

/**
 * The run time of a task run until now. Clients' clocks make it negative: no less than none. What is running ran for a microsecond at least, so
 * that it is never among those that did not run.
 */
export const estimatedRunTime = (alias: string): string =>
  `iif(${alias}.state_type = 'RUNNING', max(1, cast(unixepoch('subsec') * 1000000 as integer) - (${runningSince(alias)})), max(${alias}.total_run_time, 0))`;

export const orderFlows = (sort: FlowSort, alias: string): string => orderBy(flowOrders[sort], alias, "id");
export const orderFlowRuns = (sort: FlowRunSort, alias: string): string => orderByRun(flowRunOrders[sort], alias);
export const orderTaskRuns = (sort: TaskRunSort, alias: string): string => orderByRun(taskRunOrders[sort], alias);
export const orderDeployments = (sort: DeploymentSort, alias: string): string => orderBy(deploymentOrders[sort], alias, "id");

import type { DeploymentSort, FlowRunSort, FlowSort, TaskRunSort } from "../../schemas/sorting.ts";

// The id follows in the same direction: a total order that one index gives, read forwards or backwards.
const by = (column: string, direction: "ASC" | "DESC") => (alias: string) =>
  `${alias}.${column} ${direction}, ${alias}.id ${direction}`;

type Order = (alias: string) => string;

const byName: Record<"NAME_ASC" | "NAME_DESC" | "CREATED_DESC" | "UPDATED_DESC", Order> = {
  NAME_ASC: by("name", "ASC"),
  NAME_DESC: by("name", "DESC"),
  CREATED_DESC: by("created", "DESC"),
  UPDATED_DESC: by("updated", "DESC"),
};

const flowOrders: Record<FlowSort, Order> = byName;
const deploymentOrders: Record<DeploymentSort, Order> = byName;

const taskRunOrders: Record<TaskRunSort, Order> = {
  ID_DESC: (alias) => `${alias}.id DESC`,
  EXPECTED_START_TIME_ASC: by("expected_start_time", "ASC"),
  EXPECTED_START_TIME_DESC: by("expected_start_time", "DESC"),
  NAME_ASC: by("name", "ASC"),
  NAME_DESC: by("name", "DESC"),
  NEXT_SCHEDULED_START_TIME_ASC: by("next_scheduled_start_time", "ASC"),
  END_TIME_DESC: by("end_time", "DESC"),
};

const flowRunOrders: Record<FlowRunSort, Order> = {
  ...taskRunOrders,
  START_TIME_ASC: by("start_or_expected", "ASC"),
  START_TIME_DESC: by("start_or_expected", "DESC"),
};

/** Each returns what stands after ORDER BY: the sort, then the id, so that pages never overlap. */
export const orderFlows = (sort: FlowSort, alias: string): string => flowOrders[sort](alias);
export const orderFlowRuns = (sort: FlowRunSort, alias: string): string => flowRunOrders[sort](alias);
export const orderTaskRuns = (sort: TaskRunSort, alias: string): string => taskRunOrders[sort](alias);
export const orderDeployments = (sort: DeploymentSort, alias: string): string => deploymentOrders[sort](alias);

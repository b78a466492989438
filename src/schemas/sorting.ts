import * as z from "zod";
import { withDefault } from "./filters/bodies.ts";

const flowSorts = ["NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC"] as const;
const flowRunSorts = [
  "ID_DESC",
  "START_TIME_ASC",
  "START_TIME_DESC",
  "EXPECTED_START_TIME_ASC",
  "EXPECTED_START_TIME_DESC",
  "NAME_ASC",
  "NAME_DESC",
  "NEXT_SCHEDULED_START_TIME_ASC",
  "END_TIME_DESC",
] as const;
const taskRunSorts = [
  "ID_DESC",
  "EXPECTED_START_TIME_ASC",
  "EXPECTED_START_TIME_DESC",
  "NAME_ASC",
  "NAME_DESC",
  "NEXT_SCHEDULED_START_TIME_ASC",
  "END_TIME_DESC",
  "DURATION_DESC",
  "DURATION_ASC",
] as const;
const deploymentSorts = ["NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC"] as const;

export const flowSort = z.enum(flowSorts).register(z.globalRegistry, { id: "FlowSort" });
export const flowRunSort = z.enum(flowRunSorts).register(z.globalRegistry, { id: "FlowRunSort" });
export const taskRunSort = z.enum(taskRunSorts).register(z.globalRegistry, { id: "TaskRunSort" });
export const deploymentSort = z.enum(deploymentSorts).register(z.globalRegistry, { id: "DeploymentSort" });

export type FlowSort = z.output<typeof flowSort>;
export type FlowRunSort = z.output<typeof flowRunSort>;
export type TaskRunSort = z.output<typeof taskRunSort>;
export type DeploymentSort = z.output<typeof deploymentSort>;

/** The member `sort` of a body, with its default. */
export const sortOfFlows = () => withDefault(flowSort, "NAME_ASC");
export const sortOfFlowRuns = () => withDefault(flowRunSort, "ID_DESC");
export const sortOfTaskRuns = () => withDefault(taskRunSort, "ID_DESC");
export const sortOfDeployments = () => withDefault(deploymentSort, "NAME_ASC");

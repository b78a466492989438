import type { AutomationFilter } from "../schemas/filters/automations.ts";
import type { VariableFilter } from "../schemas/filters/variables.ts";
import type { WorkPoolFilter } from "../schemas/filters/work-pools.ts";
import type { WorkQueueFilter } from "../schemas/filters/work-queues.ts";
import type { WorkerFilter } from "../schemas/filters/workers.ts";
import {
  combineForArtifacts,
  combineForDeployments,
  combineForFlowRuns,
  combineForFlows,
  combineForTaskRuns,
  type Filters,
} from "./combine.ts";
import { lowerAutomations } from "./lower/automations.ts";
import { lowerVariables } from "./lower/variables.ts";
import { lowerWorkers, lowerWorkPools, lowerWorkQueues } from "./lower/work-pools.ts";
import { always, type Predicate } from "./predicate.ts";
import { simplify } from "./simplify.ts";

type FlowFilters = Pick<Filters, "flows" | "flow_runs" | "task_runs" | "deployments" | "work_pools">;

/** Returns the condition on a flow. */
export const compileFlowFilters = (filters: FlowFilters): Predicate => simplify(combineForFlows(filters));

/** Returns the condition on a flow run. */
export const compileFlowRunFilters = (filters: Filters): Predicate => simplify(combineForFlowRuns(filters));

/** Returns the condition on a task run. */
export const compileTaskRunFilters = (filters: Filters): Predicate => simplify(combineForTaskRuns(filters));

/** Returns the condition on a deployment. */
export const compileDeploymentFilters = (filters: Filters): Predicate => simplify(combineForDeployments(filters));

/** Returns the condition on a work pool. */
export const compileWorkPoolFilters = ({ work_pools }: { work_pools?: WorkPoolFilter }): Predicate =>
  work_pools ? simplify(lowerWorkPools(work_pools)) : always;

/** Returns the condition on a work queue. */
export const compileWorkQueueFilters = ({ work_queues }: { work_queues?: WorkQueueFilter }): Predicate =>
  work_queues ? simplify(lowerWorkQueues(work_queues)) : always;

/** Returns the condition on a worker. */
export const compileWorkerFilters = ({ workers }: { workers?: WorkerFilter }): Predicate =>
  workers ? simplify(lowerWorkers(workers)) : always;

/** Returns the condition on a variable. */
export const compileVariableFilters = ({ variables }: { variables?: VariableFilter }): Predicate =>
  variables ? simplify(lowerVariables(variables)) : always;

/** Returns the condition on an automation. */
export const compileAutomationFilters = ({ automations }: { automations?: AutomationFilter }): Predicate =>
  automations ? simplify(lowerAutomations(automations)) : always;

/** Returns the condition on an artifact, or on the latest artifact of a key. */
export const compileArtifactFilters = (filters: Parameters<typeof combineForArtifacts>[0]): Predicate =>
  simplify(combineForArtifacts(filters));

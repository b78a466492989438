import * as z from "zod";
import { once } from "../../lib/once.ts";
import { integer, optional } from "../common.ts";
import { deploymentFilter } from "./deployments.ts";
import { flowRunFilter } from "./flow-runs.ts";
import { flowFilter } from "./flows.ts";
import { taskRunFilter } from "./task-runs.ts";
import { workPoolFilter } from "./work-pools.ts";
import { workQueueFilter } from "./work-queues.ts";

type Shape = z.core.$ZodLooseShape;

/** A member with a default, which null stands for, too. */
export const withDefault = <T extends z.ZodType>(schema: T, value: z.core.util.NoUndefined<z.output<T>>) =>
  z.preprocess((input) => (input === null ? undefined : input), schema.default(value));

export const maximumLimit = 200;

/** How many rows are wanted. Only that it is a whole number is checked here: the bounds 0 and 200 have an error body of their own (http). */
export const limit = once(() => withDefault(integer({ clamped: true }), maximumLimit));
export const offset = once(() => withDefault(integer({ min: 0, clamped: true }), 0));
export const page = once(() => withDefault(integer({ min: 1, clamped: true }), 1));

/** How many objects one bulk request takes. */
export const bulkLimit = once(() => withDefault(integer({ min: 1, max: 50 }), 50));

/** The body of a list: the given filters and sort, `limit` and `offset`. Unknown members are ignored, null counts as absent. */
export const listBody = <S extends Shape>(shape: S) =>
  z.object({ ...shape, limit: limit(), offset: offset() }).register(z.globalRegistry, { limited: true });

/** The body of a page: the given filters and sort, `limit` and `page`. */
export const pageBody = <S extends Shape>(shape: S) =>
  z.object({ ...shape, limit: limit(), page: page() }).register(z.globalRegistry, { limited: true });

/** The body of a count: filters only. */
export const countBody = <S extends Shape>(shape: S) => z.object(shape);

/** The filters of lists of flows. */
export const filtersOfFlows = {
  flows: optional(flowFilter),
  flow_runs: optional(flowRunFilter),
  task_runs: optional(taskRunFilter),
  deployments: optional(deploymentFilter),
  work_pools: optional(workPoolFilter),
};

/** The filters of lists of task runs. */
export const filtersOfTaskRuns = {
  flows: optional(flowFilter),
  flow_runs: optional(flowRunFilter),
  task_runs: optional(taskRunFilter),
  deployments: optional(deploymentFilter),
};

/** The filters of lists of flow runs and of deployments. */
export const filtersOfFlowRuns = { ...filtersOfFlows, work_pool_queues: optional(workQueueFilter) };
export const filtersOfDeployments = filtersOfFlowRuns;

/** The filters of histories of flow runs, where the queue's has another name. */
export const filtersOfFlowRunHistory = { ...filtersOfFlows, work_queues: optional(workQueueFilter) };

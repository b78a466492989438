import * as z from "zod";
import { integer, jsonObject, uuid, wireTime } from "./common.ts";
import { filtersOfFlowRunHistory, filtersOfFlows, filtersOfTaskRuns, offset, withDefault } from "./filters/bodies.ts";
import { taskRunFilter } from "./filters/task-runs.ts";
import { list } from "./lists.ts";
import { flowRunSort } from "./sorting.ts";
import { stateType } from "./states.ts";
import { taskRun } from "./task-runs.ts";

const ids = () => list(uuid(), 200);

export const uiFlowIds = z.object({ flow_ids: ids() });
export const uiFlowRunIds = z.object({ flow_run_ids: ids() });

/** A number by the id of each object that was asked for. */
export const countById = z.record(uuid(), z.number().int());

const simpleNextFlowRun = z
  .object({
    id: uuid(),
    flow_id: uuid(),
    name: z.string(),
    state_name: z.string(),
    state_type: stateType,
    next_scheduled_start_time: wireTime(),
  })
  .meta({ id: "SimpleNextFlowRun" });
export type SimpleNextFlowRun = z.input<typeof simpleNextFlowRun>;

export const nextRunById = z.record(uuid(), simpleNextFlowRun.nullable());

/** The maximum number of runs in one history. */
export const longestRunHistory = 1000;

// A negative limit asks for all runs in the reference: there are at most as many as the announced maximum here.
const historyLimit = withDefault(
  integer({ max: longestRunHistory, clamped: true }).transform((limit) => (limit < 0 ? longestRunHistory : limit)),
  longestRunHistory,
);

export const uiFlowRunHistory = z.object({
  ...filtersOfFlows,
  sort: withDefault(flowRunSort, "EXPECTED_START_TIME_DESC"),
  limit: historyLimit,
  offset: offset(),
});

/** A flow run in the chart of the newest runs; durations in seconds. */
export const simpleFlowRun = z
  .object({ id: uuid(), state_type: stateType, timestamp: wireTime(), duration: z.number(), lateness: z.number() })
  .meta({ id: "SimpleFlowRun" });
export type SimpleFlowRun = z.input<typeof simpleFlowRun>;

export const uiTaskRunCount = z.object(filtersOfTaskRuns);

const count = () => z.number().int().default(0);

export const countByState = z
  .object({
    COMPLETED: count(),
    PENDING: count(),
    RUNNING: count(),
    FAILED: count(),
    CANCELLED: count(),
    CRASHED: count(),
    PAUSED: count(),
    CANCELLING: count(),
    SCHEDULED: count(),
  })
  .meta({ id: "CountByState" });
export type CountByState = z.output<typeof countByState>;

const { work_pools, work_queues, flows, flow_runs, deployments } = filtersOfFlowRunHistory;

export const uiTaskRunDashboard = z.object({
  task_runs: taskRunFilter,
  flows,
  flow_runs,
  deployments,
  work_pools,
  work_queues,
});
export type UiTaskRunDashboard = z.output<typeof uiTaskRunDashboard>;

/** The completed and the failed task runs in one part of a window. */
export const taskRunOutcomes = z.record(z.string(), z.number().int()).meta({ id: "TaskRunCount" });

export const uiTaskRun = taskRun.extend({ flow_run_name: z.string().nullable() }).meta({ id: "UITaskRun" });

export const uiValidation = z.object({ schema: jsonObject(), values: jsonObject() });

const errorsBelow = () =>
  z.array(z.union([z.string(), z.lazy(() => schemaValuePropertyError), z.lazy(() => schemaValueIndexError)]));

interface PropertyError {
  property: string;
  errors: (string | PropertyError | IndexError)[];
}
interface IndexError {
  index: number;
  errors: (string | PropertyError | IndexError)[];
}

const schemaValuePropertyError: z.ZodType<PropertyError, PropertyError> = z
  .object({ property: z.string(), errors: z.lazy(() => errorsBelow()) })
  .meta({ id: "SchemaValuePropertyError" });
const schemaValueIndexError: z.ZodType<IndexError, IndexError> = z
  .object({ index: z.number().int(), errors: z.lazy(() => errorsBelow()) })
  .register(z.globalRegistry, { id: "SchemaValueIndexError" });

export const schemaValuesValidation = z
  .object({ errors: errorsBelow(), valid: z.boolean() })
  .register(z.globalRegistry, { id: "SchemaValuesValidationResponse" });

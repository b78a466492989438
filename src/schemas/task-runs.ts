import * as z from "zod";
import { integer, jsonObject, labels, number, tags, timestamp, uuid, wireTime } from "./common.ts";
import { countBody, filtersOfTaskRuns, listBody, pageBody } from "./filters/bodies.ts";
import { history } from "./history.ts";
import { list } from "./lists.ts";
import { sortOfTaskRuns } from "./sorting.ts";
import { state, stateCreate, stateType } from "./states.ts";
import { taskInputs } from "./task-inputs.ts";

/** The maximum length of a cache key, in characters. */
export const longestCacheKey = 2000;
const maximumDelays = 50;

const delays = z.union([number(), list(number())]).refine((delay) => !Array.isArray(delay) || delay.length <= maximumDelays, {
  message: `Value error, Can not configure more than ${maximumDelays} retry delays per task.`,
});

/** The retry settings of a task run; delays in seconds. Unknown members are dropped. */
export const taskRunPolicy = z
  .object({
    max_retries: integer().default(0),
    retry_delay_seconds: number().default(0),
    retries: integer().nullable().default(null),
    retry_delay: delays.nullable().default(null),
    retry_jitter_factor: number()
      .refine((factor) => factor >= 0, { message: "Value error, `retry_jitter_factor` must be >= 0." })
      .nullable()
      .default(null),
  })
  .register(z.globalRegistry, { id: "TaskRunPolicy" });

const identity = {
  id: uuid(),
  created: wireTime().nullable(),
  updated: wireTime().nullable(),
  name: z.string(),
  flow_run_id: uuid().nullable(),
  task_key: z.string(),
  state_id: uuid().nullable(),
  state: state.nullable(),
  task_version: z.string().nullable(),
  task_inputs: taskInputs,
  empirical_policy: taskRunPolicy,
  tags: tags(),
  start_time: wireTime().nullable(),
  end_time: wireTime().nullable(),
  total_run_time: z.number(),
  estimated_run_time: z.number(),
  estimated_start_time_delta: z.number(),
};

export const taskRun = z
  .object({
    ...identity,
    dynamic_key: z.string(),
    cache_key: z.string().nullable(),
    cache_expiration: wireTime().nullable(),
    labels: jsonObject().nullable(),
    state_type: stateType.nullable(),
    state_name: z.string().nullable(),
    run_count: z.number().int(),
    flow_run_run_count: z.number().int(),
    expected_start_time: wireTime().nullable(),
    next_scheduled_start_time: wireTime().nullable(),
  })
  .register(z.globalRegistry, { id: "TaskRun" });
export type TaskRun = z.input<typeof taskRun>;

/** The reduced task run of pages. */
export const taskRunResponse = z.object(identity).register(z.globalRegistry, { id: "TaskRunResponse" });
export type TaskRunResponse = z.input<typeof taskRunResponse>;

const text = () => z.string().nullable().default(null);

export const taskRunCreate = z
  .strictObject({
    id: uuid().nullable().default(null),
    state: stateCreate.nullable().default(null),
    name: text(),
    flow_run_id: uuid().nullable().default(null),
    task_key: z.string(),
    dynamic_key: z.string(),
    cache_key: z.string().max(longestCacheKey).nullable().default(null),
    cache_expiration: timestamp().nullable().default(null),
    task_version: text(),
    empirical_policy: taskRunPolicy.prefault({}),
    tags: tags().default([]),
    labels: labels().nullable().default({}),
    task_inputs: taskInputs.default({}),
  })
  .register(z.globalRegistry, { id: "TaskRunCreate" });
export type TaskRunCreate = z.output<typeof taskRunCreate>;

export const taskRunUpdate = z
  .strictObject({ name: z.string().nullable().optional() })
  .register(z.globalRegistry, { id: "TaskRunUpdate" });

export const taskRunList = listBody({ ...filtersOfTaskRuns, sort: sortOfTaskRuns() });
export const taskRunPage = pageBody({ ...filtersOfTaskRuns, sort: sortOfTaskRuns() });
export const taskRunCount = countBody(filtersOfTaskRuns);
export const taskRunHistory = history(filtersOfTaskRuns);

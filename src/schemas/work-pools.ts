import * as z from "zod";
import { boolean, integer, jsonObject, namePattern, optional, timestamp, uuid, wireTime } from "./common.ts";
import { countBody, limit, listBody, page, withDefault } from "./filters/bodies.ts";
import { workPoolFilter } from "./filters/work-pools.ts";
import { flowRun } from "./flow-runs.ts";
import { baseJobTemplate } from "./job-templates.ts";
import { list } from "./lists.ts";

export const workPoolStatus = z.enum(["READY", "NOT_READY", "PAUSED"]).register(z.globalRegistry, { id: "WorkPoolStatus" });
export type WorkPoolStatus = z.output<typeof workPoolStatus>;

export const storageConfiguration = z
  .strictObject({
    bundle_upload_step: jsonObject().nullable().default(null),
    bundle_execution_step: jsonObject().nullable().default(null),
    default_result_storage_block_id: uuid().nullable().default(null),
  })
  .register(z.globalRegistry, { id: "WorkPoolStorageConfiguration" });
export type StorageConfiguration = z.output<typeof storageConfiguration>;

export const workPool = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    description: z.string().nullable(),
    type: z.string(),
    base_job_template: jsonObject(),
    is_paused: z.boolean(),
    concurrency_limit: z.number().int().nullable(),
    status: workPoolStatus.nullable(),
    default_queue_id: uuid().nullable(),
    storage_configuration: storageConfiguration,
    active_slots: z.number().int().nullable(),
  })
  .register(z.globalRegistry, { id: "WorkPoolResponse" });
export type WorkPool = z.input<typeof workPool>;

const poolName = z
  .string()
  .refine((name) => /[^\s'"]/.test(name), { message: "Value error, name cannot be an empty string", abort: true })
  .regex(namePattern);

export const workPoolCreate = z
  .strictObject({
    name: poolName,
    description: z.string().nullable().default(null),
    type: z.string().default("prefect-agent"),
    base_job_template: baseJobTemplate().default({}),
    is_paused: boolean().default(false),
    concurrency_limit: integer({ min: 0 }).nullable().default(null),
    storage_configuration: storageConfiguration.prefault({}),
  })
  .register(z.globalRegistry, { id: "WorkPoolCreate" });
export type WorkPoolCreate = z.output<typeof workPoolCreate>;

export const workPoolUpdate = z
  .strictObject({
    description: z.string().nullable().optional(),
    is_paused: boolean().nullable().optional(),
    base_job_template: baseJobTemplate().nullable().optional(),
    concurrency_limit: integer({ min: 0 }).nullable().optional(),
    storage_configuration: storageConfiguration.nullable().optional(),
  })
  .register(z.globalRegistry, { id: "WorkPoolUpdate" });
export type WorkPoolUpdate = z.output<typeof workPoolUpdate>;

export const workPoolList = listBody({ work_pools: optional(workPoolFilter) });
export const workPoolCount = countBody({ work_pools: optional(workPoolFilter) });

export const workPoolConcurrencyPage = z
  .object({ page: page(), limit: limit(), flow_run_limit: withDefault(integer({ min: 0, max: 200 }), 10) })
  .meta({ limited: true });

/** A worker's poll for runs. */
export const workPoolPoll = z
  .object({
    work_queue_names: optional(list(z.string())),
    scheduled_before: optional(timestamp()),
    scheduled_after: optional(timestamp()),
    limit: limit(),
  })
  .meta({ limited: true });

/** A run in the response to a worker's poll: without its pool's names. */
export const scheduledFlowRun = z
  .object({
    work_pool_id: uuid(),
    work_queue_id: uuid(),
    flow_run: flowRun.omit({ work_pool_id: true, work_pool_name: true }).meta({ id: "FlowRun" }),
  })
  .meta({ id: "WorkerFlowRunResponse" });
export type ScheduledFlowRun = z.input<typeof scheduledFlowRun>;

import * as z from "zod";
import { boolean, integer, objectName, optional, tags, timestamp, uuid, wireTime } from "./common.ts";
import { limit, listBody, page } from "./filters/bodies.ts";
import { workQueueFilter } from "./filters/work-queues.ts";
import { stateType } from "./states.ts";

export const workQueueStatus = z.enum(["READY", "NOT_READY", "PAUSED"]).register(z.globalRegistry, { id: "WorkQueueStatus" });

/** The filter of a legacy queue: runs with all of the tags, of one of the deployments. Unknown members are dropped. */
export const queueFilter = z
  .object({
    tags: tags().nullable().default(null),
    deployment_ids: z.array(uuid()).nullable().default(null),
  })
  .register(z.globalRegistry, { id: "QueueFilter" });
export type QueueFilter = z.output<typeof queueFilter>;

const description = z
  .string()
  .nullable()
  .default("")
  .transform((text) => text ?? "");

export const workQueue = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    description: z.string().nullable(),
    is_paused: z.boolean(),
    concurrency_limit: z.number().int().nullable(),
    priority: z.number().int(),
    work_pool_id: uuid().nullable(),
    filter: queueFilter.nullable(),
    last_polled: wireTime().nullable(),
    work_pool_name: z.string().nullable(),
    status: workQueueStatus.nullable(),
    active_slots: z.number().int().nullable(),
  })
  .register(z.globalRegistry, { id: "WorkQueueResponse" });
export type WorkQueue = z.input<typeof workQueue>;

// Queues are moved up to free a priority: far below 2^53 the numbers stay exact.
const priorityNumber = () => integer({ greater_than: 0, max: 2 ** 52 });

export const workQueueCreate = z
  .strictObject({
    name: objectName(),
    description,
    is_paused: boolean().default(false),
    concurrency_limit: integer({ min: 0 }).nullable().default(null),
    priority: priorityNumber().nullable().default(null),
    filter: queueFilter.nullable().default(null),
  })
  .register(z.globalRegistry, { id: "WorkQueueCreate" });
export type WorkQueueCreate = z.output<typeof workQueueCreate>;

export const workQueueUpdate = z
  .strictObject({
    name: objectName().nullable().optional(),
    description: z.string().nullable().optional(),
    is_paused: boolean().optional(),
    concurrency_limit: integer({ min: 0 }).nullable().optional(),
    priority: priorityNumber().nullable().optional(),
    last_polled: timestamp().nullable().optional(),
    filter: queueFilter.nullable().optional(),
  })
  .register(z.globalRegistry, { id: "WorkQueueUpdate" });
export type WorkQueueUpdate = z.output<typeof workQueueUpdate>;

export const workQueueList = listBody({ work_queues: optional(workQueueFilter) });

/** A poll of one queue. */
export const workQueueRuns = z.object({ scheduled_before: optional(timestamp()), limit: limit() }).meta({ limited: true });

export const workQueueStatusDetail = z
  .object({
    healthy: z.boolean(),
    late_runs_count: z.number().int(),
    last_polled: wireTime().nullable(),
    health_check_policy: z
      .object({ maximum_late_runs: z.number().int().nullable(), maximum_seconds_since_last_polled: z.number().int().nullable() })
      .meta({ id: "WorkQueueHealthPolicy" }),
  })
  .meta({ id: "WorkQueueStatusDetail" });

/** A run that holds a slot. */
export const flowRunSlotSummary = z
  .object({
    id: uuid(),
    name: z.string(),
    state_type: stateType.nullable(),
    state_name: z.string().nullable(),
    start_time: wireTime().nullable(),
    state_timestamp: wireTime().nullable(),
    time_in_current_state: z.number().nullable(),
  })
  .register(z.globalRegistry, { id: "FlowRunSlotSummary" });
export type FlowRunSlotSummary = z.input<typeof flowRunSlotSummary>;

const pageNumbers = {
  count: z.number().int(),
  limit: z.number().int(),
  pages: z.number().int(),
  page: z.number().int(),
};

export const concurrencyPage = z.object({ page: page(), limit: limit() }).meta({ limited: true });

export const workQueueConcurrencyStatus = z
  .object({
    active_slots: z.number().int(),
    concurrency_limit: z.number().int().nullable(),
    flow_runs: z.array(flowRunSlotSummary),
    ...pageNumbers,
  })
  .meta({ id: "WorkQueueConcurrencyStatus" });

export const workPoolConcurrencyStatus = z
  .object({
    active_slots: z.number().int(),
    concurrency_limit: z.number().int().nullable(),
    queues: z.array(
      z
        .object({
          queue_id: uuid(),
          queue_name: z.string(),
          active_slots: z.number().int(),
          concurrency_limit: z.number().int().nullable(),
          flow_runs: z.array(flowRunSlotSummary),
          flow_run_count: z.number().int().nullable(),
        })
        .meta({ id: "WorkQueueConcurrencyStatusDetail" }),
    ),
    ...pageNumbers,
  })
  .register(z.globalRegistry, { id: "WorkPoolConcurrencyStatus" });

import * as z from "zod";
import { isJsonObject } from "../lib/json.ts";
import { boolean, integer, jsonObject, labels, number, optional, tags, timestamp, uuid, wireTime } from "./common.ts";
import { globalConcurrencyLimit } from "./concurrency-limits-v2.ts";
import { deploymentLabels } from "./deployments/catch-up.ts";
import { deploymentSchedule, deploymentScheduleCreate, deploymentScheduleUpdate } from "./deployments/schedules.ts";
import { bulkLimit, countBody, filtersOfDeployments, limit, listBody, pageBody } from "./filters/bodies.ts";
import { deploymentFilter } from "./filters/deployments.ts";
import { createdBy, flowRunPolicy } from "./flow-runs.ts";
import { list, requestBounds } from "./lists.ts";
import { parameters } from "./parameters.ts";
import { sortOfDeployments } from "./sorting.ts";
import { stateCreate } from "./states.ts";
import { workQueue } from "./work-queues.ts";

export {
  type DeploymentSchedule,
  type DeploymentScheduleCreate,
  type DeploymentScheduleUpdate,
  deploymentSchedule,
  deploymentScheduleCreate,
  deploymentScheduleList,
  deploymentScheduleUpdate,
} from "./deployments/schedules.ts";

/** What happens to runs beyond a deployment's limit; unknown members are dropped. */
export const concurrencyOptions = z
  .object({
    collision_strategy: z.enum(["ENQUEUE", "CANCEL_NEW"]).meta({ id: "ConcurrencyLimitStrategy" }),
    grace_period_seconds: integer({ min: 60, max: 86_400 }).nullable().default(null),
  })
  .register(z.globalRegistry, { id: "ConcurrencyOptions" });

export const deployment = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    version: z.string().nullable(),
    description: z.string().nullable(),
    flow_id: uuid(),
    paused: z.boolean(),
    schedules: z.array(deploymentSchedule),
    /** Always null; the limit is the global one. */
    concurrency_limit: z.number().int().nullable(),
    global_concurrency_limit: globalConcurrencyLimit.nullable(),
    concurrency_options: concurrencyOptions.nullable(),
    job_variables: jsonObject(),
    parameters: jsonObject(),
    tags: tags(),
    labels: jsonObject(),
    work_queue_name: z.string().nullable(),
    work_queue_id: uuid().nullable(),
    last_polled: wireTime().nullable(),
    parameter_openapi_schema: jsonObject().nullable(),
    path: z.string().nullable(),
    pull_steps: z.array(jsonObject()).nullable(),
    entrypoint: z.string().nullable(),
    storage_document_id: uuid().nullable(),
    infrastructure_document_id: uuid().nullable(),
    created_by: createdBy.nullable(),
    updated_by: createdBy.meta({ id: "UpdatedBy" }).nullable(),
    work_pool_name: z.string().nullable(),
    status: z.enum(["READY", "NOT_READY"]).meta({ id: "DeploymentStatus" }).nullable(),
    enforce_parameter_schema: z.boolean(),
  })
  .register(z.globalRegistry, { id: "DeploymentResponse" });
export type Deployment = z.input<typeof deployment>;

const text = () => z.string().nullable().optional();

// An empty schema stands for one without properties.
const parameterSchema = () =>
  jsonObject()
    .transform((schema) => (Object.keys(schema).length === 0 ? { type: "object", properties: {} } : schema))
    .nullable()
    .optional();

const versionInfo = z.looseObject({ type: z.string(), version: z.string() }).meta({ id: "VersionInfo" });

/** The members of both creation and update. Absent and null differ. */
const members = {
  version: text(),
  description: text(),
  paused: boolean().optional(),
  concurrency_limit: integer({ greater_than: 0 }).nullable().optional(),
  concurrency_options: concurrencyOptions.nullable().optional(),
  global_concurrency_limit_id: uuid().nullable().optional(),
  parameter_openapi_schema: parameterSchema(),
  tags: tags().optional(),
  work_queue_name: text(),
  work_pool_name: text(),
  path: text(),
  pull_steps: list(jsonObject()).nullable().optional(),
  entrypoint: text(),
  storage_document_id: uuid().nullable().optional(),
  infrastructure_document_id: uuid().nullable().optional(),
  version_info: versionInfo.nullable().optional(),
};

const hasOneLimit = (body: {
  concurrency_limit?: number | null | undefined;
  global_concurrency_limit_id?: string | null | undefined;
}) => body.concurrency_limit == null || body.global_concurrency_limit_id == null;
const twoLimits = {
  message: "Value error, A deployment cannot have both a concurrency limit and a global concurrency limit.",
};

// Members of older clients, which are dropped silently.
const oldMembers = new Set(["worker_pool_queue_id", "worker_pool_name", "worker_pool_queue_name", "work_pool_queue_name"]);
const withoutOldMembers = (body: unknown): unknown =>
  isJsonObject(body) ? Object.fromEntries(Object.entries(body).filter(([name]) => !oldMembers.has(name))) : body;

export const deploymentCreate = z.preprocess(
  withoutOldMembers,
  z
    .strictObject({
      ...members,
      name: z.string().regex(/^[^/%&><]*$/),
      flow_id: uuid(),
      schedules: list(deploymentScheduleCreate, requestBounds.schedules).default([]),
      enforce_parameter_schema: boolean().optional(),
      parameters: parameters().default({}),
      labels: deploymentLabels().nullable().optional(),
      job_variables: jsonObject().optional(),
    })
    .refine(hasOneLimit, twoLimits)
    .meta({ id: "DeploymentCreate" }),
);
export type DeploymentCreate = z.output<typeof deploymentCreate>;

/** `null` is valid here for the parameters and their enforcement: the reference responds to it with 409 instead of 422. */
export const deploymentUpdate = z.preprocess(
  withoutOldMembers,
  z
    .strictObject({
      ...members,
      schedules: list(deploymentScheduleUpdate, requestBounds.schedules).optional(),
      enforce_parameter_schema: boolean().nullable().optional(),
      parameters: parameters().nullable().optional(),
      job_variables: jsonObject().nullable().optional(),
    })
    .refine(hasOneLimit, twoLimits)
    .meta({ id: "DeploymentUpdate" }),
);
export type DeploymentUpdate = z.output<typeof deploymentUpdate>;

export const deploymentList = listBody({ ...filtersOfDeployments, sort: sortOfDeployments() });
export const deploymentPage = pageBody({ ...filtersOfDeployments, sort: sortOfDeployments() });
export const deploymentCount = countBody(filtersOfDeployments);
export const deploymentBulkDelete = z.object({ deployments: optional(deploymentFilter), limit: bulkLimit() });
export const deploymentBulkDeleted = z.object({ deleted: z.array(uuid()) }).meta({ id: "DeploymentBulkDeleteResponse" });

/** A runner's poll for the runs of its deployments. */
export const deploymentPoll = z
  .object({ deployment_ids: list(uuid()), scheduled_before: optional(timestamp()), limit: limit() })
  .meta({ limited: true });

/** The window and bounds within which runs are created; absent members have defaults. */
export const deploymentScheduling = z.object({
  start_time: optional(timestamp()),
  end_time: optional(timestamp()),
  /** Seconds. */
  min_time: optional(number()),
  min_runs: optional(integer()),
  max_runs: optional(integer()),
});

const nullableText = () => z.string().nullable().default(null);

export const deploymentFlowRunCreate = z
  .strictObject({
    state: stateCreate.nullable().default(null),
    name: nullableText(),
    parameters: parameters().default({}),
    enforce_parameter_schema: boolean().nullable().default(null),
    context: jsonObject().default({}),
    infrastructure_document_id: uuid().nullable().default(null),
    empirical_policy: flowRunPolicy.prefault({}),
    tags: tags().default([]),
    idempotency_key: nullableText(),
    labels: labels().nullable().default({}),
    parent_task_run_id: uuid().nullable().default(null),
    work_queue_name: nullableText(),
    job_variables: jsonObject().nullable().optional(),
  })
  .meta({ id: "DeploymentFlowRunCreate" });
export type DeploymentFlowRunCreate = z.output<typeof deploymentFlowRunCreate>;

export const deploymentFlowRunCreates = list(deploymentFlowRunCreate);

export const flowRunCreateResult = z
  .object({ flow_run_id: uuid().nullable(), status: z.enum(["CREATED", "FAILED"]), error: z.string().nullable() })
  .register(z.globalRegistry, { id: "FlowRunCreateResult" });
export type FlowRunCreateResult = z.input<typeof flowRunCreateResult>;
export const flowRunsCreated = z
  .object({ results: z.array(flowRunCreateResult) })
  .register(z.globalRegistry, { id: "FlowRunBulkCreateResponse" });

/** A queue without its pool's members. */
export const bareWorkQueue = workQueue.omit({ work_pool_name: true, status: true, active_slots: true }).meta({ id: "WorkQueue" });
export type BareWorkQueue = z.input<typeof bareWorkQueue>;

import * as z from "zod";
import { boolean, dashedName, integer, json, jsonObject, labels, number, optional, tags, uuid, wireTime } from "./common.ts";
import {
  bulkLimit,
  countBody,
  filtersOfFlowRunHistory,
  filtersOfFlowRuns,
  listBody,
  pageBody,
  withDefault,
} from "./filters/bodies.ts";
import { flowRunFilter } from "./filters/flow-runs.ts";
import { likeText } from "./filters/members.ts";
import { history } from "./history.ts";
import { list } from "./lists.ts";
import { parameters } from "./parameters.ts";
import { sortOfFlowRuns } from "./sorting.ts";
import { orchestrationResult, state, stateCreate, stateType } from "./states.ts";
import { taskRunResult } from "./task-inputs.ts";

/** The retry settings and pauses of a flow run; unknown members are dropped. */
export const flowRunPolicy = z
  .object({
    max_retries: integer().default(0),
    retry_delay_seconds: number().default(0),
    retries: integer().nullable().default(null),
    retry_delay: integer().nullable().default(null),
    pause_keys: list(z.string()).nullable().default([]),
    resuming: boolean().nullable().default(false),
    retry_type: z.enum(["in_process", "reschedule"]).nullable().default(null),
  })
  .register(z.globalRegistry, { id: "FlowRunPolicy" });

// In responses: a delay that was sent as `retry_delay_seconds` may have a fraction.
const flowRunPolicyAnswered = flowRunPolicy
  .extend({ retry_delay: number().nullable().default(null) })
  .meta({ id: "FlowRunPolicy" });

export const createdBy = z
  .object({ id: uuid().nullable(), type: z.string().nullable(), display_value: z.string().nullable() })
  .register(z.globalRegistry, { id: "CreatedBy" });

export const flowRun = z
  .object({
    id: uuid(),
    created: wireTime().nullable(),
    updated: wireTime().nullable(),
    name: z.string(),
    flow_id: uuid(),
    state_id: uuid().nullable(),
    deployment_id: uuid().nullable(),
    deployment_version: z.string().nullable(),
    work_queue_id: uuid().nullable(),
    work_queue_name: z.string().nullable(),
    flow_version: z.string().nullable(),
    parameters: jsonObject(),
    idempotency_key: z.string().nullable(),
    context: jsonObject(),
    empirical_policy: flowRunPolicyAnswered,
    tags: tags(),
    labels: jsonObject().nullable(),
    parent_task_run_id: uuid().nullable(),
    state_type: stateType.nullable(),
    state_name: z.string().nullable(),
    run_count: z.number().int(),
    expected_start_time: wireTime().nullable(),
    next_scheduled_start_time: wireTime().nullable(),
    start_time: wireTime().nullable(),
    end_time: wireTime().nullable(),
    total_run_time: z.number(),
    estimated_run_time: z.number(),
    estimated_start_time_delta: z.number(),
    auto_scheduled: z.boolean(),
    infrastructure_document_id: uuid().nullable(),
    infrastructure_pid: z.string().nullable(),
    created_by: createdBy.nullable(),
    work_pool_id: uuid().nullable(),
    work_pool_name: z.string().nullable(),
    state: state.nullable(),
    job_variables: jsonObject().nullable(),
  })
  .register(z.globalRegistry, { id: "FlowRunResponse" });
export type FlowRun = z.input<typeof flowRun>;

const text = () => z.string().nullable().default(null);

export const flowRunCreate = z
  .strictObject({
    state: stateCreate.nullable().default(null),
    name: text(),
    flow_id: uuid(),
    flow_version: text(),
    parameters: parameters().default({}),
    context: jsonObject().default({}),
    parent_task_run_id: uuid().nullable().default(null),
    infrastructure_document_id: uuid().nullable().default(null),
    empirical_policy: flowRunPolicy.prefault({}),
    tags: tags().default([]),
    labels: labels().nullable().default({}),
    idempotency_key: text(),
    work_pool_name: text(),
    work_queue_name: text(),
    job_variables: jsonObject().nullable().optional(),
    deployment_id: uuid().nullable().default(null),
  })
  .register(z.globalRegistry, { id: "FlowRunCreate" });
export type FlowRunCreate = z.output<typeof flowRunCreate>;

export const flowRunUpdate = z
  .strictObject({
    name: z.string().nullable().optional(),
    flow_version: z.string().nullable().optional(),
    parameters: parameters().optional(),
    empirical_policy: flowRunPolicy.optional(),
    tags: tags().optional(),
    infrastructure_pid: z.string().nullable().optional(),
    job_variables: jsonObject().nullable().optional(),
  })
  .register(z.globalRegistry, { id: "FlowRunUpdate" });
export type FlowRunUpdate = z.output<typeof flowRunUpdate>;

export const flowRunList = listBody({ ...filtersOfFlowRuns, sort: sortOfFlowRuns() });
export const flowRunPage = pageBody({ ...filtersOfFlowRuns, sort: sortOfFlowRuns() });
export const flowRunCount = countBody(filtersOfFlowRuns);
export const flowRunHistory = history(filtersOfFlowRunHistory);

export const flowRunBulkDelete = z.object({ flow_runs: optional(flowRunFilter), limit: bulkLimit() });
export const flowRunBulkDeleted = z.object({ deleted: z.array(uuid()) }).meta({ id: "FlowRunBulkDeleteResponse" });

export const flowRunBulkSetState = z.object({
  flow_runs: optional(flowRunFilter),
  state: stateCreate,
  force: withDefault(boolean(), false),
  limit: bulkLimit(),
});
export const flowRunBulkStateSet = z
  .object({ results: z.array(orchestrationResult.extend({ flow_run_id: uuid() }).meta({ id: "FlowRunOrchestrationResult" })) })
  .meta({ id: "FlowRunBulkSetStateResponse" });

export const flowRunResume = z.object({ run_input: optional(jsonObject()) });

export const flowRunLabels = jsonObject();

export const flowRunInput = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    flow_run_id: uuid(),
    key: z.string(),
    value: z.string(),
    sender: z.string().nullable(),
  })
  .meta({ id: "FlowRunInput" });

export const flowRunInputCreate = z.object({
  key: dashedName("value"),
  value: z.string(),
  sender: optional(z.string()),
});

export const flowRunInputList = z.object({
  prefix: likeText(),
  limit: withDefault(integer(), 1),
  exclude_keys: withDefault(list(z.string()), []),
});

export const dependencyResult = z
  .object({
    id: uuid(),
    name: z.string(),
    upstream_dependencies: z.array(taskRunResult),
    state: state.nullable(),
    expected_start_time: wireTime().nullable(),
    start_time: wireTime().nullable(),
    end_time: wireTime().nullable(),
    total_run_time: z.number().nullable(),
    estimated_run_time: z.number().nullable(),
    untrackable_result: z.boolean(),
  })
  .meta({ id: "DependencyResult" });

const edges = z.array(z.object({ id: uuid() }).meta({ id: "Edge" }));
const graphArtifact = z
  .object({
    id: uuid(),
    created: wireTime(),
    key: z.string().nullable(),
    type: z.string().nullable(),
    is_latest: z.boolean(),
    data: json(),
  })
  .register(z.globalRegistry, { id: "GraphArtifact" });

const graphNode = z
  .object({
    kind: z.enum(["flow-run", "task-run"]),
    id: uuid(),
    label: z.string(),
    state_type: stateType,
    start_time: wireTime(),
    end_time: wireTime().nullable(),
    parents: edges,
    children: edges,
    encapsulating: edges,
    artifacts: z.array(graphArtifact),
  })
  .register(z.globalRegistry, { id: "Node" });

export const flowRunGraph = z
  .object({
    start_time: wireTime().nullable(),
    end_time: wireTime().nullable(),
    root_node_ids: z.array(uuid()),
    nodes: z.array(z.tuple([uuid(), graphNode])),
    artifacts: z.array(graphArtifact),
    states: z.array(
      z.object({ id: uuid(), timestamp: wireTime(), type: stateType, name: z.string() }).meta({ id: "GraphState" }),
    ),
  })
  .register(z.globalRegistry, { id: "Graph" });
export type FlowRunGraph = z.input<typeof flowRunGraph>;

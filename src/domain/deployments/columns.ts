import type { Json, JsonObject } from "../../lib/json.ts";
import type { DeploymentCreate, DeploymentUpdate } from "../../schemas/deployments.ts";

/** The columns of a deployment that a client may set, except its work queue. */
export interface DeploymentColumns {
  readonly description: string | null;
  readonly version: string | null;
  readonly path: string | null;
  readonly entrypoint: string | null;
  readonly paused: boolean;
  readonly tags: string[];
  readonly labels: Json;
  readonly parameters: Json;
  readonly parameter_openapi_schema: Json;
  readonly enforce_parameter_schema: boolean;
  readonly job_variables: Json;
  readonly pull_steps: Json;
  readonly concurrency_limit_id: string | null;
  readonly concurrency_options: Json;
  readonly work_queue_name: string | null;
  readonly infrastructure_document_id: string | null;
  readonly storage_document_id: string | null;
}

/** The column values of a new deployment for members that were not sent. */
export const defaultColumns: DeploymentColumns = {
  description: null,
  version: null,
  path: null,
  entrypoint: null,
  paused: false,
  tags: [],
  labels: {},
  parameters: {},
  parameter_openapi_schema: {},
  enforce_parameter_schema: true,
  job_variables: {},
  pull_steps: [],
  concurrency_limit_id: null,
  concurrency_options: null,
  work_queue_name: null,
  infrastructure_document_id: null,
  storage_document_id: null,
};

type Sent = Pick<DeploymentCreate, keyof DeploymentCreate & keyof DeploymentUpdate> | DeploymentUpdate;

/** Returns the columns whose members were sent, undefined for the others. A null for the job variables counts as not sent. */
const sentColumns = (body: Sent) => ({
  description: body.description,
  version: body.version,
  path: body.path,
  entrypoint: body.entrypoint,
  paused: body.paused,
  tags: body.tags,
  parameters: body.parameters ?? undefined,
  parameter_openapi_schema: body.parameter_openapi_schema,
  enforce_parameter_schema: body.enforce_parameter_schema ?? undefined,
  job_variables: body.job_variables ?? undefined,
  pull_steps: body.pull_steps,
  concurrency_limit_id: body.global_concurrency_limit_id,
  concurrency_options: body.concurrency_options,
  work_queue_name: body.work_queue_name,
  infrastructure_document_id: body.infrastructure_document_id,
  storage_document_id: body.storage_document_id,
});

/** Returns the columns that an update sets. */
export const columnsOfUpdate = (update: DeploymentUpdate): Partial<DeploymentColumns> => sentColumns(update);

/**
 * Returns the columns that a creation sets, also where it updates an existing deployment: labels are merged from the flow's
 * again.
 */
export const columnsOfCreate = (
  create: DeploymentCreate,
  flow: { readonly id: string; readonly labels: JsonObject },
): Partial<DeploymentColumns> => ({
  ...sentColumns(create),
  labels: { ...flow.labels, "prefect.flow.id": flow.id, ...create.labels },
});

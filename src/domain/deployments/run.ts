import { isJsonObject, type Json, type JsonObject, objectOf } from "../../lib/json.ts";
import type { DeploymentFlowRunCreate } from "../../schemas/deployments.ts";
import { type BlockData, validateJobVariables } from "../parameters/job-templates.ts";
import { hydrateParameters } from "../parameters/placeholders.ts";
import type { References } from "../parameters/references.ts";
import { type ParameterRefusal, refusalOf } from "./parameters.ts";

/** Why a deployment creates no run from a request. The message has no prefix: each operation adds its own. */
export interface RunRefusal {
  readonly kind:
    | "parameters_not_hydrated"
    | "no_schema"
    | "parameters_invalid"
    | "schema_invalid"
    | "schema_circular"
    | "job_variables_invalid"
    | "job_schema_invalid"
    | "block_missing"
    | "work_pool_missing"
    | "integrity_violated";
  readonly message: string;
}

/** The columns of a deployment that its runs depend on. */
export interface RunSource {
  readonly parameters: Json;
  readonly parameter_openapi_schema: Json;
  readonly enforce_parameter_schema: boolean;
  readonly job_variables: Json;
  /** The base job template of the work pool behind the deployment's queue; null without one. */
  readonly base_job_template: Json;
}

type RunRequest = Pick<DeploymentFlowRunCreate, "parameters" | "enforce_parameter_schema" | "job_variables">;

/** Returns the parameters of a run created by a request, placeholders replaced, or why the run is refused. */
export function parametersOfRun(
  source: RunSource,
  wanted: RunRequest,
  { variables, blocks }: References,
): { readonly parameters: JsonObject } | RunRefusal {
  const merged = { ...objectOf(source.parameters), ...wanted.parameters };
  const hydrated = hydrateParameters({ parameters: merged, variables });
  if (!hydrated.ok) return { kind: "parameters_not_hydrated", message: hydrated.message };
  const { parameters } = hydrated;
  if (!isJsonObject(parameters)) return { kind: "parameters_not_hydrated", message: "the parameters are no object" };
  if (wanted.enforce_parameter_schema ?? source.enforce_parameter_schema) {
    const refusal = refusalOf(parameters, source.parameter_openapi_schema, { ignoreRequired: false });
    if (refusal !== null) return { kind: kindOfParameters[refusal.kind], message: refusal.message };
  }
  return refusalOfJobVariables(source, wanted, blocks) ?? { parameters };
}

const kindOfParameters = {
  value: "parameters_invalid",
  no_schema: "no_schema",
  schema: "schema_invalid",
  circular: "schema_circular",
} as const satisfies Record<ParameterRefusal["kind"], RunRefusal["kind"]>;

function refusalOfJobVariables(source: RunSource, { job_variables }: RunRequest, blocks: BlockData): RunRefusal | null {
  if (!isJsonObject(source.base_job_template)) return null;
  const verdict = validateJobVariables({
    template: source.base_job_template,
    blocks,
    layers: [source.job_variables, job_variables],
    ignoreRequired: false,
  });
  if (verdict.ok) return null;
  const kind =
    verdict.kind === "value" ? "job_variables_invalid" : verdict.kind === "block" ? "block_missing" : "job_schema_invalid";
  return { kind, message: verdict.message };
}

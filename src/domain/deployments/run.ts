import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { DeploymentFlowRunCreate } from "../../schemas/deployments.ts";
import { validateJobVariables } from "../parameters/job-templates.ts";
import { hydrateParameters } from "../parameters/placeholders.ts";
import { refusalOf } from "./parameters.ts";

/** Why a deployment creates no run from a request. The message has no prefix: each operation adds its own. */
export interface RunRefusal {
  readonly kind:
    | "placeholder"
    | "no schema"
    | "parameters"
    | "schema"
    | "circular"
    | "job variables"
    | "job schema"
    | "no block"
    | "no work pool"
    | "violation";
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

const objectOf = (value: Json): JsonObject => (isJsonObject(value) ? value : {});

/** Returns the parameters of a run created by a request, placeholders replaced, or why the run is refused. */
export function parametersOfRun(
  source: RunSource,
  wanted: RunRequest,
  variables: ReadonlyMap<string, unknown>,
): { readonly parameters: JsonObject } | RunRefusal {
  const merged = { ...objectOf(source.parameters), ...wanted.parameters };
  const hydrated = hydrateParameters({ parameters: merged, variables });
  if (!hydrated.ok) return { kind: "placeholder", message: hydrated.message };
  const { parameters } = hydrated;
  if (!isJsonObject(parameters)) return { kind: "placeholder", message: "the parameters are no object" };
  if (wanted.enforce_parameter_schema ?? source.enforce_parameter_schema) {
    const refusal = refusalOf(parameters, source.parameter_openapi_schema, { ignoreRequired: false });
    if (refusal !== null) return { ...refusal, kind: refusal.kind === "value" ? "parameters" : refusal.kind };
  }
  return refusalOfJobVariables(source, wanted) ?? { parameters };
}

function refusalOfJobVariables(source: RunSource, { job_variables }: RunRequest): RunRefusal | null {
  if (!isJsonObject(source.base_job_template)) return null;
  const verdict = validateJobVariables({
    template: source.base_job_template,
    blocks: new Map(),
    layers: [source.job_variables, job_variables],
    ignoreRequired: false,
  });
  if (verdict.ok) return null;
  const kind = verdict.kind === "value" ? "job variables" : verdict.kind === "block" ? "no block" : "job schema";
  return { kind, message: verdict.message };
}

import { type BlockData, validateJobVariables } from "../domain/parameters/job-templates.ts";
import type { Sources } from "../domain/surroundings.ts";
import type { JsonObject } from "../lib/json.ts";
import type { FlowRunUpdate } from "../schemas/flow-runs.ts";
import type { Database } from "../store/client.ts";
import { updateFlowRun as storeUpdate } from "../store/flow-runs/change.ts";
import { type JobVariableFacts, readJobVariableFacts } from "../store/flow-runs/job-variables.ts";
import { loadBlocks } from "./load-blocks.ts";

export type FlowRunUpdated =
  | { readonly kind: "written" }
  | { readonly kind: "not_found" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "invalid"; readonly reason: string };

/**
 * Sets the sent columns of a flow run; one round trip, two where job variables have to be validated
 * (`prefect/server/api/flow_runs.py update_flow_run`).
 */
export async function updateFlowRun(
  deps: Sources & { readonly db: Database },
  id: string,
  update: FlowRunUpdate,
): Promise<FlowRunUpdated> {
  if (update.job_variables != null) {
    const facts = await readJobVariableFacts(deps.db, id);
    if (facts === null) return { kind: "not_found" };
    const refusal = checkJobVariables(facts, update.job_variables, await loadBlocks(deps.db, facts.template));
    if (refusal !== null) return refusal;
  }
  return (await storeUpdate(deps.db, id, update, deps.now())) ? { kind: "written" } : { kind: "not_found" };
}

function checkJobVariables(facts: JobVariableFacts, variables: JsonObject, blocks: BlockData): FlowRunUpdated | null {
  const { state_type, has_deployment, deployment_variables, template } = facts;
  if (state_type !== "SCHEDULED")
    return { kind: "refused", reason: `Job variables for a flow run in state ${state_type ?? "None"} cannot be updated` };
  if (!has_deployment) return { kind: "refused", reason: "A deployment for the flow run could not be found" };
  if (template === null) return null;
  const layers = [deployment_variables, variables];
  const verdict = validateJobVariables({ template, blocks, layers, ignoreRequired: false });
  return verdict.ok ? null : { kind: "invalid", reason: `Error updating flow run: ${verdict.message}` };
}

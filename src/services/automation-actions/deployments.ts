import type { Deps } from "../../deps.ts";
import { renderParameters, templatesIn } from "../../domain/automations/action-parameters.ts";
import { target, targetOf } from "../../domain/automations/action-targets.ts";
import {
  type ActionOutcome,
  type ApiAnswer,
  answered,
  failed,
  type Told,
  type Triggered,
} from "../../domain/automations/triggered-action.ts";
import { upgradeTemplates } from "../../domain/automations/upgrade-templates.ts";
import type { RunRefusal } from "../../domain/deployments/run.ts";
import { formatTime, fromSecondsDuration } from "../../lib/time.ts";
import { deploymentFlowRunCreate } from "../../schemas/deployments.ts";
import { pauseDeployment, resumeDeployment } from "../../store/deployments/change.ts";
import { makeDueRunsOf } from "../materialise-schedules.ts";
import { runDeployment } from "../run-deployment.ts";
import { theServer } from "../set-flow-run-state.ts";
import { loadTemplateOptions } from "./templates.ts";

/** Pauses or resumes a deployment. */
export async function setDeploymentPaused(
  deps: Deps,
  one: Triggered<"pause-deployment" | "resume-deployment">,
): Promise<ActionOutcome> {
  const { action } = one;
  const found = targetOf(one, "deployment", action.deployment_id);
  if ("none" in found) return found.none;
  deps.db.about({ id: found.id });
  const pauses = action.type === "pause-deployment";
  const exists = await (pauses ? pauseDeployment : resumeDeployment)(deps.db, found.id, deps);
  if (exists && !pauses && deps.config.worksByItself) await makeDueRunsOf(deps, found.id);
  return answered(action.type, { status_code: exists ? 200 : 404 }, { related: [target("deployment", found.id)], details: {} });
}

/**
 * Creates a flow run of a deployment in the name of the automation. Its idempotency key is the invocation: done again, it finds the same run.
 */
export async function runDeploymentAction(deps: Deps, one: Triggered<"run-deployment">): Promise<ActionOutcome> {
  const { action, automation, action_index, invocation } = one;
  const found = targetOf(one, "deployment", action.deployment_id);
  if ("none" in found) return found.none;
  const told: Told = { related: [target("deployment", found.id)], details: {} };
  const placeholders = upgradeTemplates(action.parameters ?? {});
  const { jinja, variables } = await loadTemplateOptions(deps, one, { templates: templatesIn(placeholders), placeholders });
  const rendered = renderParameters(placeholders, variables, jinja);
  if (!rendered.ok) return failed(`Unable to create flow run from deployment: ${rendered.fault}()`, told);
  const scheduled_time = formatTime(deps.now() + fromSecondsDuration(action.schedule_after));
  const run = deploymentFlowRunCreate.safeParse({
    state: { type: "SCHEDULED", name: "Scheduled", state_details: { scheduled_time } },
    parameters: rendered.parameters,
    idempotency_key: `automation ${automation.id}, action ${action_index}, invocation ${invocation}`,
    job_variables: action.job_variables,
  });
  if (!run.success) return failed("Unable to create flow run from deployment: ValidationError()", told);
  const created_by = { id: automation.id, type: "AUTOMATION", display_value: automation.name };
  const outcomes = await runDeployment(deps, { deployment_id: found.id, runs: [run.data], created_by, client: theServer });
  const outcome = outcomes?.[0];
  if (outcome === undefined) return answered(action.type, { status_code: 404 }, told);
  if (outcome.kind === "refused") {
    const answer = answerOf(outcome.refusal);
    const details = answer.status_code === 409 ? { validation_error: answer.detail ?? null } : {};
    return answered(action.type, answer, { ...told, details });
  }
  const { id, name } = outcome.stored.run;
  const made = {
    "prefect.resource.id": `prefect.flow-run.${id}`,
    "prefect.resource.role": "flow-run",
    "prefect.resource.name": name,
  };
  return answered(action.type, { status_code: outcome.created ? 201 : 200 }, { ...told, related: [...told.related, made] });
}

// What `POST /deployments/{id}/create_flow_run` answers.
function answerOf({ kind, message }: RunRefusal): ApiAnswer {
  switch (kind) {
    case "no_schema":
      return { status_code: 409, detail: message };
    case "parameters_invalid":
      return { status_code: 409, detail: `Error creating flow run: ${message}` };
    case "integrity_violated":
      return { status_code: 409, detail: message };
    case "schema_invalid":
    case "schema_circular":
    case "job_schema_invalid":
      return { status_code: 422, detail: message };
    case "job_variables_invalid":
      return { status_code: 422, detail: `Error creating flow run: ${message}` };
    case "block_missing":
      return { status_code: 404 };
    case "parameters_not_hydrated":
    case "work_pool_missing":
      return { status_code: 400 };
  }
}

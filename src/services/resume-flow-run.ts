import { decideResume, type InputCheck } from "../domain/orchestration/resume.ts";
import type { FlowRunDecision } from "../domain/orchestration/types.ts";
import { collectVariableNames, hydrateParameters } from "../domain/parameters/placeholders.ts";
import type { Variables } from "../domain/parameters/references.ts";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../lib/json.ts";
import { validateAgainstSchema } from "../lib/json-schema/index.ts";
import type { FlowRunFacts } from "../store/flow-runs/facts.ts";
import { loadVariables } from "../store/variables/facts.ts";
import { type Client, changeFlowRunState, type FlowRunDeps } from "./set-flow-run-state.ts";

export interface ResumeFlowRun {
  readonly id: string;
  readonly run_input: JsonObject | null;
  readonly client: Client;
}

/**
 * Resumes a paused flow run, with the input that its pause asks for; two round trips, one more for an input that names variables.
 * Returns null if there is no such run.
 */
export async function resumeFlowRun(deps: FlowRunDeps, request: ResumeFlowRun): Promise<FlowRunDecision | null> {
  const { id, client } = request;
  const input = request.run_input ?? {};
  const variables = await loadVariables(deps.db, collectVariableNames(input));
  return changeFlowRunState(deps, id, client, (context, facts) => decideResume(context, checkInput(facts, input, variables)));
}

/** Returns the input if it matches the paused state's schema, else the reason (`prefect/server/api/flow_runs.py resume_flow_run`). */
function checkInput({ initial_state, input_schema }: FlowRunFacts, sent: JsonObject, variables: Variables): InputCheck {
  if (initial_state?.state_details.run_input_keyset == null) return { input: sent };
  const hydrated = hydrateParameters({ parameters: sent, variables });
  if (!hydrated.ok) return { fault: `Error hydrating run input: ${hydrated.message}` };
  const input = hydrated.parameters;
  if (input_schema === null) return { fault: "Run input schema not found." };
  const schema = parsed(input_schema);
  if (schema === undefined) return { fault: "Run input schema is not valid JSON." };
  const verdict = validateAgainstSchema({ value: input, schema });
  return verdict.ok ? { input } : { fault: `Reason: ${verdict.message}` };
}

function parsed(text: string): Json | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

import { isJsonObject, type Json, stringifyJson } from "../../lib/json.ts";
import { propose, scheduled } from "../states.ts";
import { decideFlowRunState } from "./decide.ts";
import type { Effect, FlowRunContext, FlowRunDecision } from "./types.ts";

/** The checked input of a resume request: hydrated and valid, or the reason why it is refused. */
export type InputCheck = { readonly input: Json } | { readonly fault: string };

const abortDetails = (reason: string) => ({ type: "abort_details", reason }) as const;
const noChanges = { written: null, run_changes: {}, effects: [], event: null } as const;

/**
 * Decides the resumption of a paused flow run. `check` is ignored unless the paused state asks for input
 * (`state_details.run_input_keyset`).
 */
export function decideResume(context: FlowRunContext, check: InputCheck): FlowRunDecision {
  const { initial_state, now } = context;
  if (initial_state?.type !== "PAUSED") {
    const details = abortDetails("Cannot resume a flow run that is not paused.");
    return { ...noChanges, status: "ABORT", details, answer_state: null };
  }
  const { run_input_keyset, pause_reschedule } = initial_state.state_details;
  if (run_input_keyset !== null && "fault" in check)
    return { ...noChanges, status: "REJECT", details: abortDetails(check.fault), answer_state: initial_state };
  const proposal = pause_reschedule ? scheduled(now, { name: "Resuming" }) : propose("RUNNING");
  const decision = decideFlowRunState(context, proposal);
  if (decision.status !== "ACCEPT" || !("input" in check)) return decision;
  return { ...decision, effects: [...decision.effects, ...storeInput(context, run_input_keyset, check.input)] };
}

function storeInput({ run, newId }: FlowRunContext, keyset: Record<string, string> | null, input: Json): readonly Effect[] {
  const key = keyset?.response;
  if (key === undefined || !isJsonObject(input) || Object.keys(input).length === 0) return [];
  return [{ kind: "store_run_input", id: newId(), flow_run_id: run.id, key, value: stringifyJson(input) }];
}

import type { FlowRunDecision } from "../orchestration/types.ts";

/** Returns the decision to give up a run that could not be cancelled, with the wish that a worker ends what is left of it. */
export function withTeardown(decision: FlowRunDecision, flow_run_id: string, message_id: string): FlowRunDecision {
  if (decision.written?.type !== "CANCELLED") return decision;
  return { ...decision, effects: [...decision.effects, { kind: "enqueue_teardown", message_id, flow_run_id }] };
}

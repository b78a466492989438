import type { FlowRunDecision } from "../orchestration/types.ts";

/** Returns the decision with a cleanup message for a worker, where it cancelled a run whose cancellation timed out. */
export function withTeardown(decision: FlowRunDecision, flow_run_id: string, message_id: string): FlowRunDecision {
  if (decision.written?.type !== "CANCELLED") return decision;
  return { ...decision, effects: [...decision.effects, { kind: "enqueue_teardown", message_id, flow_run_id }] };
}

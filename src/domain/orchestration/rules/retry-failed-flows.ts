import { awaitingRetry } from "../../states.ts";
import { supportsPauses } from "../pauses.ts";
import type { FlowRunChanges, FlowRunRule } from "../types.ts";
import { accept, makeNow, replaceWith, secondsFrom } from "../verdicts.ts";

/** Replaces FAILED by AwaitingRetry while the run has retries left. */
export const retryFailedFlows: FlowRunRule = {
  name: "RetryFailedFlows",
  from: ["RUNNING"],
  to: ["FAILED"],
  apply({ context, run, initial, proposed }) {
    const { retries, retry_delay } = run.empirical_policy;
    // A null retry type permits a manual retry on new infrastructure.
    if (retries === null || run.run_count > retries) return accept({ changes: { empirical_policy: { retry_type: null } } });
    const { message, data } = proposed;
    const deployment_concurrency_lease_id = initial?.state_details.deployment_concurrency_lease_id ?? null;
    const retryProposal = awaitingRetry(secondsFrom(context.now, retry_delay ?? 0), {
      message,
      data,
      state_details: { deployment_concurrency_lease_id },
    });
    const resetPauses: FlowRunChanges = { empirical_policy: { pause_keys: [], resuming: false, retry_type: "in_process" } };
    return replaceWith(makeNow(context, retryProposal), "Retrying", supportsPauses(context) ? { changes: resetPauses } : {});
  },
};

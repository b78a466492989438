import { isSlotType } from "../deployment-slots.ts";
import type { Effect, FlowRunClosing } from "../types.ts";

/** Releases the deployment slot of a run that leaves PENDING, RUNNING and CANCELLING, except for a retry in the same process. */
export const releaseFlowConcurrencySlots: FlowRunClosing = {
  name: "ReleaseFlowConcurrencySlots",
  conclude({ context, run, written, status }) {
    const isRetryInProcess = status === "REJECT" && written.type === "SCHEDULED" && written.name === "AwaitingRetry";
    if (isSlotType(written.type) || isRetryInProcess) return null;
    const effects: readonly Effect[] = context.lease === null ? [] : [{ kind: "release_lease", lease_id: context.lease.id }];
    return { effects, ...(run.concurrency_limit_id !== null && { changes: { concurrency_limit_id: null } }) };
  },
};

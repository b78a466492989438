import { liveLease, renewsLeases } from "../deployment-slots.ts";
import type { FlowRunRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/** Nobody would renew the lease, so from here on the run itself holds the slot. */
export const removeDeploymentConcurrencyLeaseForOldClientVersions: FlowRunRule = {
  name: "RemoveDeploymentConcurrencyLeaseForOldClientVersions",
  from: ["PENDING"],
  to: ["RUNNING", "CANCELLING"],
  apply({ context }) {
    const lease = liveLease(context);
    if (lease === null || renewsLeases(context)) return null;
    const limit_id = lease.slots[0]?.limit_id ?? null;
    return accept({
      changes: { concurrency_limit_id: limit_id },
      effects: [{ kind: "release_lease", lease_id: lease.id }],
    });
  },
};

import { liveLease, renewsLeases } from "../deployment-slots.ts";
import type { FlowRunRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/** Replaces the lease of a client that would not renew it by a slot held by the run's own row, which does not expire. */
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

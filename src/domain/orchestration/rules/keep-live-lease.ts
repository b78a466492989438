import { withDetails } from "../../states.ts";
import { liveLease, slotTypes } from "../deployment-slots.ts";
import type { FlowRunRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/** A forced step between states that hold a slot must not lose sight of the lease, or the slot could not be given back. */
export const keepLiveLease: FlowRunRule = {
  name: "keep-live-lease",
  from: slotTypes,
  to: slotTypes,
  apply({ context, proposed }) {
    const lease = liveLease(context);
    if (lease === null || proposed.state_details.deployment_concurrency_lease_id !== null) return null;
    return accept({ state: withDetails(proposed, { deployment_concurrency_lease_id: lease.id }) });
  },
};

import { withDetails } from "../../states.ts";
import type { FlowRunRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/**
 * Copies the lease id into a state whose details have none, also under the minimal policy: clients send every detail, nulls
 * included, and without the id the lease of the slot could not be released.
 */
export const preserveDeploymentConcurrencyLeaseId: FlowRunRule = {
  name: "PreserveDeploymentConcurrencyLeaseId",
  from: "any",
  to: "any",
  apply({ initial, proposed }) {
    const lease_id = initial?.state_details.deployment_concurrency_lease_id ?? null;
    if (lease_id === null || proposed.state_details.deployment_concurrency_lease_id !== null) return null;
    return accept({ state: withDetails(proposed, { deployment_concurrency_lease_id: lease_id }) });
  },
};

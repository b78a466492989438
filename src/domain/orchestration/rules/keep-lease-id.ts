import { withDetails } from "../../states.ts";
import type { FlowRunRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/**
 * Clients send every detail, nulls included: a null must not lose the lease of the run's slot, nor must a forced state
 * (`prefect/server/orchestration/core_policy.py PreserveDeploymentConcurrencyLeaseId`).
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

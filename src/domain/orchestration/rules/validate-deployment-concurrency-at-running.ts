import { cancelled, withDetails } from "../../states.ts";
import { concurrencyOptions, hasFreeSlot, liveLease, renewsLeases, takeSlot } from "../deployment-slots.ts";
import type { FlowRunRule } from "../types.ts";
import { accept, makeNow, replaceWith } from "../verdicts.ts";

const slotLostMessage = "Deployment concurrency slot lost during provisioning - no slots available to continue execution";

/** Renews the lease of a run that starts; an expired lease is replaced if a slot is free, else the run is cancelled. */
export const validateDeploymentConcurrencyAtRunning: FlowRunRule = {
  name: "ValidateDeploymentConcurrencyAtRunning",
  from: ["PENDING"],
  to: ["RUNNING"],
  apply({ context, run, initial, proposed }) {
    const lease_id = initial?.state_details.deployment_concurrency_lease_id ?? null;
    const state = withDetails(proposed, { deployment_concurrency_lease_id: lease_id });
    const limit = context.deployment?.concurrency_limit ?? null;
    if (lease_id === null || limit === null || !renewsLeases(context)) return accept({ state });
    if (liveLease(context) !== null) {
      const { grace_period_seconds } = concurrencyOptions(context);
      return accept({ state, effects: [{ kind: "renew_lease", lease_id, ttl_seconds: grace_period_seconds }] });
    }
    if (hasFreeSlot(limit, context, run)) {
      const take = takeSlot(limit, context);
      return accept({
        state: withDetails(proposed, { deployment_concurrency_lease_id: take.lease_id }),
        effects: [{ kind: "release_lease", lease_id }, take],
      });
    }
    return replaceWith(makeNow(context, cancelled(slotLostMessage)), "Deployment concurrency limit reached after lease expiry.");
  },
};

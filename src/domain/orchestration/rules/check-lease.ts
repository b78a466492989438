import { cancelled, withDetails } from "../../states.ts";
import { concurrencyOptions, hasFreeSlot, liveLease, renewsLeases, takeSlot } from "../deployment-slots.ts";
import type { FlowRunRule } from "../types.ts";
import { accept, makeNow, replaceWith } from "../verdicts.ts";

const lost = "Deployment concurrency slot lost during provisioning - no slots available to continue execution";

/** A run that starts to work must still have the slot it was submitted with, or find another one. */
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
    return replaceWith(makeNow(context, cancelled(lost)), "Deployment concurrency limit reached after lease expiry.");
  },
};

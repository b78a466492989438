import { cancelled } from "../../states.ts";
import { concurrencyOptions, limitReached } from "../deployment-slots.ts";
import type { FlowRunRule } from "../types.ts";
import { makeNow, replaceWith } from "../verdicts.ts";

/** A run that is late because its deployment is full is cancelled where new runs are to be cancelled. */
export const enforceDeploymentConcurrencyOnLate: FlowRunRule = {
  name: "EnforceDeploymentConcurrencyOnLate",
  from: ["SCHEDULED"],
  to: ["SCHEDULED"],
  apply({ context, proposed }) {
    const limit = context.deployment?.concurrency_limit ?? null;
    if (proposed.name !== "Late" || limit === null || !concurrencyOptions(context).cancelsNew) return null;
    if (limit.occupied < limit.limit) return null;
    return replaceWith(
      makeNow(context, cancelled(limitReached)),
      "Deployment concurrency limit is full and uses the CANCEL_NEW strategy.",
    );
  },
};

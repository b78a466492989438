import { cancelled } from "../../states.ts";
import { concurrencyOptions, limitReached } from "../deployment-slots.ts";
import type { FlowRunRule } from "../types.ts";
import { makeNow, replaceWith } from "../verdicts.ts";

/** Cancels a run instead of marking it late when its deployment's limit is full and new runs are to be cancelled (CANCEL_NEW). */
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

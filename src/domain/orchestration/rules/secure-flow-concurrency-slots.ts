import { cancelled, type StateType, scheduled, stateTypes, withDetails } from "../../states.ts";
import {
  concurrencyOptions,
  hasFreeSlot,
  isSlotType,
  limitReached,
  managesDeploymentConcurrency,
  takeSlot,
} from "../deployment-slots.ts";
import type { Effect, FlowRunRule } from "../types.ts";
import { abort, accept, makeNow, replaceWith, secondsFrom } from "../verdicts.ts";

const slotWaitSeconds = 30;
const typesWithoutSlot: readonly StateType[] = stateTypes.filter((type) => !isSlotType(type));

/** Takes a slot of the deployment's limit for a submitted run; when the limit is full, delays or cancels the run. */
export const secureFlowConcurrencySlots: FlowRunRule = {
  name: "SecureFlowConcurrencySlots",
  from: typesWithoutSlot,
  to: ["PENDING"],
  apply({ context, run, proposed }) {
    if (run.deployment_id === null || managesDeploymentConcurrency(context)) return null;
    if (context.deployment === null) return abort("Deployment not found.");
    const limit = context.deployment.concurrency_limit;
    if (limit === null) return null;
    if (limit.limit === 0) return abort("The deployment concurrency limit is 0. The flow will deadlock if submitted again.");
    if (hasFreeSlot(limit, context, run)) {
      const take = takeSlot(limit, context);
      // A lease kept over a retry in the same process is exchanged: the run never holds two slots.
      const kept: readonly Effect[] = context.lease === null ? [] : [{ kind: "release_lease", lease_id: context.lease.id }];
      return accept({
        state: withDetails(proposed, { deployment_concurrency_lease_id: take.lease_id }),
        changes: { concurrency_limit_id: null },
        effects: [...kept, take],
      });
    }
    if (concurrencyOptions(context).cancelsNew) return replaceWith(makeNow(context, cancelled(limitReached)), limitReached);
    const waiting = scheduled(secondsFrom(context.now, slotWaitSeconds), { name: "AwaitingConcurrencySlot" });
    return replaceWith(makeNow(context, waiting), limitReached);
  },
};

import { withDetails } from "../../states.ts";
import type { SharedRule } from "../types.ts";
import { abort, accept } from "../verdicts.ts";

/**
 * Aborts the second submission of a run by another worker. A submission may proceed through PENDING states of different names.
 */
export const preventPendingTransitions: SharedRule = {
  name: "PreventPendingTransitions",
  from: ["PENDING", "CANCELLING", "RUNNING", "CANCELLED"],
  to: ["PENDING"],
  apply({ initial, proposed }) {
    if (initial === null) return null;
    if (initial.type === "PENDING" && proposed.name !== initial.name && proposed.name !== "Pending") {
      const { scheduled_time, deployment_concurrency_lease_id } = initial.state_details;
      return accept({ state: withDetails(proposed, { scheduled_time, deployment_concurrency_lease_id }) });
    }
    return abort(`This run is in a ${initial.type} state and cannot transition to a PENDING state.`);
  },
};

import { pauseVerb } from "../pauses.ts";
import type { FlowRunRule } from "../types.ts";
import { abort, accept, keepCurrent } from "../verdicts.ts";

/** A running flow run may pause, at each of its pauses once. */
export const handlePausingFlows: FlowRunRule = {
  name: "HandlePausingFlows",
  from: "any",
  to: ["PAUSED"],
  apply({ context, run, initial, proposed }) {
    const verb = pauseVerb(proposed.name);
    const { pause_key, pause_reschedule } = proposed.state_details;
    const fired = run.empirical_policy.pause_keys ?? [];
    if (initial?.type !== "RUNNING") return keepCurrent(`Cannot ${verb} flows that are not currently running.`);
    if (pause_key !== null && fired.includes(pause_key)) return keepCurrent(`This ${verb} has already fired.`);
    if (pause_reschedule && run.parent_task_run_id !== null) return abort(`Cannot ${verb} subflows.`);
    if (pause_reschedule && run.deployment_id === null) return abort(`Cannot ${verb} flows without a deployment.`);
    const keys = Object.values(proposed.state_details.run_input_keyset ?? {});
    return accept({
      later: { empirical_policy: { pause_keys: [...new Set([...fired, pause_key ?? context.new_id()])] } },
      // This pause has not fired on this attempt: what is stored under its keys was said to an earlier one.
      effects: keys.length === 0 ? [] : [{ kind: "delete_run_inputs", flow_run_id: run.id, keys }],
    });
  },
};

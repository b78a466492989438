import { pauseVerb } from "../pauses.ts";
import type { FlowRunRule } from "../types.ts";
import { abort, accept, keepCurrent } from "../verdicts.ts";

/** Lets a RUNNING flow run pause, once for each pause key. */
export const handlePausingFlows: FlowRunRule = {
  name: "HandlePausingFlows",
  from: "any",
  to: ["PAUSED"],
  apply({ context, run, initial, proposed }) {
    const verb = pauseVerb(proposed.name);
    const { pause_key, pause_reschedule } = proposed.state_details;
    const firedKeys = run.empirical_policy.pause_keys ?? [];
    if (initial?.type !== "RUNNING") return keepCurrent(`Cannot ${verb} flows that are not currently running.`);
    if (pause_key !== null && firedKeys.includes(pause_key)) return keepCurrent(`This ${verb} has already fired.`);
    if (pause_reschedule && run.parent_task_run_id !== null) return abort(`Cannot ${verb} subflows.`);
    if (pause_reschedule && run.deployment_id === null) return abort(`Cannot ${verb} flows without a deployment.`);
    const keys = Object.values(proposed.state_details.run_input_keyset ?? {});
    return accept({
      later: { empirical_policy: { pause_keys: [...new Set([...firedKeys, pause_key ?? context.newId()])] } },
      // Inputs stored under this pause's keys belong to an earlier attempt of the run.
      effects: keys.length === 0 ? [] : [{ kind: "delete_run_inputs", flow_run_id: run.id, keys }],
    });
  },
};

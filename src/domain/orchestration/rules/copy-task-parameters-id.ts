import { withDetails } from "../../states.ts";
import type { TaskRunRule } from "../types.ts";
import { accept } from "../verdicts.ts";

/** Copies the id under which a background task run's parameters are stored, unless the proposal has one. */
export const copyTaskParametersId: TaskRunRule = {
  name: "CopyTaskParametersID",
  from: ["SCHEDULED", "PENDING"],
  to: ["PENDING", "RUNNING"],
  apply({ initial, proposed }) {
    if (initial === null || proposed.state_details.task_parameters_id !== null) return null;
    return accept({ state: withDetails(proposed, { task_parameters_id: initial.state_details.task_parameters_id }) });
  },
};

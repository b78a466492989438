import { isJsonObject } from "../../lib/json.ts";
import { type Fields, fieldsOf } from "./fields.ts";

/** The columns that a run copies from its current state. */
export function stateColumns(from: Fields) {
  const state = from.json("state");
  return {
    state_id: from.idOrNull("state_id"),
    state_type: from.textOrNull("state_type"),
    state_name: from.textOrNull("state_name"),
    state_timestamp: isJsonObject(state) ? fieldsOf(state, "state").timeOrNull("timestamp") : null,
  };
}

/** The times of a run. */
export const times = (from: Fields) => ({
  expected_start_time: from.timeOrNull("expected_start_time"),
  next_scheduled_start_time: from.timeOrNull("next_scheduled_start_time"),
  start_time: from.timeOrNull("start_time"),
  end_time: from.timeOrNull("end_time"),
  total_run_time: from.seconds("total_run_time"),
});

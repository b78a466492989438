import type { Json } from "../../lib/json.ts";
import { compactStateDetails, type State, type WireStateDetails } from "../states.ts";
import type { Effect } from "./types.ts";

/** The row of a written state without `flow_run_id` or `task_run_id`, which the table's statement adds. */
export interface WrittenStateRow extends Omit<State, "data" | "state_details"> {
  readonly data: null;
  readonly state_details: Partial<WireStateDetails>;
  readonly result_artifact_id: string | null;
}

/** Returns the row of a written state: without its data, which one of the effects stores as an artifact. */
export function stateRow(written: State, effects: readonly Effect[]): WrittenStateRow {
  const result = effects.find((effect) => effect.kind === "store_result");
  const { data: _data, state_details, ...columns }: State & { data: Json } = written;
  return {
    ...columns,
    data: null,
    state_details: compactStateDetails(state_details),
    result_artifact_id: result?.artifact.id ?? null,
  };
}

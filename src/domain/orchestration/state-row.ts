import type { Json } from "../../lib/json.ts";
import { keptStateDetails, type State, type WireStateDetails } from "../states.ts";
import type { Effect } from "./types.ts";

/** The row of a written state; `flow_run_id` or `task_run_id` is added by the table. */
export interface WrittenStateRow extends Omit<State, "data" | "state_details"> {
  readonly data: null;
  readonly state_details: Partial<WireStateDetails>;
  readonly result_artifact_id: string | null;
}

/** Returns the row that keeps a written state: its result lives in the artifact that one of the effects stores. */
export function stateRow(written: State, effects: readonly Effect[]): WrittenStateRow {
  const result = effects.find((effect) => effect.kind === "store_result");
  const { data: _data, state_details, ...columns }: State & { data: Json } = written;
  return {
    ...columns,
    data: null,
    state_details: keptStateDetails(state_details),
    result_artifact_id: result?.artifact.id ?? null,
  };
}

import type { Json } from "../../lib/json.ts";
import { compactStateDetails, type State, type WireState, type WireStateDetails, wireState } from "../states.ts";
import type { Effect, SetStateDetails, SetStateStatus } from "./types.ts";

interface Decided {
  readonly status: SetStateStatus;
  readonly details: SetStateDetails;
  readonly written: State | null;
  readonly answer_state: State | null;
}

/** Returns the answer to a proposal: 201 when it wrote the state in the answer, else 200. */
export const answerOf = ({ status, details, written, answer_state }: Decided) => ({
  status: written === null ? (200 as const) : (201 as const),
  body: { state: answer_state === null ? null : wireState(answer_state), status, details } satisfies {
    state: WireState | null;
    status: SetStateStatus;
    details: SetStateDetails;
  },
});

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

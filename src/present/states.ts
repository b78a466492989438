import type * as z from "zod";
import type { SetStateDetails, SetStateStatus } from "../domain/orchestration/types.ts";
import { emptyStateDetails, isStateType, type State, wireState } from "../domain/states.ts";
import { formatTime } from "../lib/time.ts";
import type { StateDetails, state } from "../schemas/states.ts";
import type { StateRow } from "../store/states/rows.ts";

export type WireState = z.input<typeof state>;

/** Returns a stored state as in responses. */
export function presentState(row: StateRow): WireState {
  if (!isStateType(row.type)) throw new Error(`state ${row.id} has the unknown type ${row.type}`);
  const { id, type, name, message, data } = row;
  return { id, type, name, timestamp: formatTime(row.timestamp), message, data, state_details: storedDetails(row) };
}

// Stored details are in wire format without defaults: only keptStateDetails writes that column.
const storedDetails = (row: StateRow): StateDetails => ({ ...emptyStateDetails, ...(row.state_details as StateDetails) });

interface Decided {
  readonly status: SetStateStatus;
  readonly details: SetStateDetails;
  readonly answer_state: State | null;
}

/** Returns the answer to a proposed state (`prefect/server/orchestration/core_policy.py`'s verdict as an `OrchestrationResult`). */
export const presentDecision = ({ status, details, answer_state }: Decided) => ({
  state: answer_state === null ? null : wireState(answer_state),
  status,
  details,
});

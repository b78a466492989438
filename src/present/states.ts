import type * as z from "zod";
import { emptyStateDetails, isStateType } from "../domain/states.ts";
import { formatTime } from "../lib/time.ts";
import type { StateDetails, state } from "../schemas/states.ts";
import type { StateRow } from "../store/states.ts";

export type WireState = z.input<typeof state>;

/** Returns a stored state as in responses. */
export function presentState(row: StateRow): WireState {
  if (!isStateType(row.type)) throw new Error(`state ${row.id} has the unknown type ${row.type}`);
  const { id, type, name, message, data } = row;
  return { id, type, name, timestamp: formatTime(row.timestamp), message, data, state_details: storedDetails(row) };
}

// Stored details are in wire format without defaults: only keptStateDetails writes that column.
const storedDetails = (row: StateRow): StateDetails => ({ ...emptyStateDetails, ...(row.state_details as StateDetails) });

import { isJsonObject } from "../../../lib/json.ts";
import { finalTypes, hasPersistedResult, isUnpersisted, type State } from "../../states.ts";
import type { FlowRunRule } from "../types.ts";
import { keepCurrent } from "../verdicts.ts";

/** Returns whether a COMPLETED state without a persisted result would replace one that has it. */
export const wouldLoseResult = (initial: State, proposed: State): boolean =>
  initial.type === "COMPLETED" &&
  proposed.type === "COMPLETED" &&
  hasPersistedResult(initial.data) &&
  !(isJsonObject(proposed.data) && !isUnpersisted(proposed.data));

export const overwriteReason = "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.";

/** Rejects, also under force, a COMPLETED state that would discard a persisted result. */
export const preventResultDataLoss: FlowRunRule = {
  name: "PreventResultDataLoss",
  from: finalTypes,
  to: finalTypes,
  apply: ({ initial, proposed }) =>
    initial !== null && wouldLoseResult(initial, proposed) ? keepCurrent(overwriteReason) : null,
};

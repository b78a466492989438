import { isJsonObject } from "../../../lib/json.ts";
import { carriesResult, finalTypes, isUnpersisted, type State } from "../../states.ts";
import type { FlowRunRule } from "../types.ts";
import { keepCurrent } from "../verdicts.ts";

/** Tells whether a completed run would lose its kept result to a state that brings none. */
export const wouldLoseResult = (initial: State, proposed: State): boolean =>
  initial.type === "COMPLETED" &&
  proposed.type === "COMPLETED" &&
  carriesResult(initial.data) &&
  !(isJsonObject(proposed.data) && !isUnpersisted(proposed.data));

export const overwriteReason = "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.";

/** Even by force a kept result is not overwritten by nothing. */
export const preventResultDataLoss: FlowRunRule = {
  name: "PreventResultDataLoss",
  from: finalTypes,
  to: finalTypes,
  apply: ({ initial, proposed }) =>
    initial !== null && wouldLoseResult(initial, proposed) ? keepCurrent(overwriteReason) : null,
};

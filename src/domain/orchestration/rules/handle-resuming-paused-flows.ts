import { failed, isFinal, type State } from "../../states.ts";
import { pauseVerb, supportsPauses } from "../pauses.ts";
import type { FlowRunChanges, FlowRunRule } from "../types.ts";
import { accept, keepCurrent, makeNow, replaceWith } from "../verdicts.ts";

// Set after the global policy, also where the transition is rejected, as in the reference.
const markResuming: { readonly later: FlowRunChanges } = { later: { empirical_policy: { resuming: true } } };

// A blocking pause is resumed in its process: a run that goes from there to SCHEDULED starts over, and its pauses apply again.
const startOver: { readonly later: FlowRunChanges } = {
  later: { empirical_policy: { resuming: false, pause_keys: [], retry_type: "reschedule" } },
};

const mayFollowPause = (state: State): boolean =>
  state.type === "RUNNING" || state.type === "SCHEDULED" || state.type === "CANCELLING" || isFinal(state);

/** Decides which states may follow PAUSED; after the timeout of the pause the run fails. */
export const handleResumingPausedFlows: FlowRunRule = {
  name: "HandleResumingPausedFlows",
  from: ["PAUSED"],
  to: "any",
  apply({ context, run, initial, proposed }) {
    if (initial === null) return null;
    if (!mayFollowPause(proposed))
      return keepCurrent(
        `This run cannot transition to the StateType.${proposed.type} state from the StateType.PAUSED state.`,
        markResuming,
      );
    const name = (proposed.name || proposed.type).toLowerCase();
    const { pause_reschedule, pause_timeout } = initial.state_details;
    if (pause_reschedule && run.deployment_id === null)
      return keepCurrent(`Cannot reschedule a ${name} flow run without a deployment.`, markResuming);
    const isTimedOut = pause_timeout !== null && pause_timeout < context.now;
    // The process of a blocking pause is still alive: cancelling has to stop it, also after the timeout.
    const startsOver = !pause_reschedule && proposed.type === "SCHEDULED" && supportsPauses(context);
    if (proposed.type === "CANCELLING" || !isTimedOut) return accept(startsOver ? startOver : markResuming);
    return replaceWith(
      makeNow(context, failed(`The flow was ${name} and never resumed.`)),
      `The flow run ${pauseVerb(proposed.name)} has timed out and can no longer resume.`,
      markResuming,
    );
  },
};

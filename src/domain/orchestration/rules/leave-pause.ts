import { failed, isFinal, type State } from "../../states.ts";
import { pauseVerb, regardsPauses } from "../pauses.ts";
import type { FlowRunChanges, FlowRunRule } from "../types.ts";
import { accept, keepCurrent, makeNow, replaceWith } from "../verdicts.ts";

// The mark is set after the counting, even where leaving is refused.
const resumes: { readonly later: FlowRunChanges } = { later: { empirical_policy: { resuming: true } } };

// A blocking pause resumes in its process: a run that leaves it for a scheduled state begins anew, and its pauses fire again.
const beginsAnew: { readonly later: FlowRunChanges } = {
  later: { empirical_policy: { resuming: false, pause_keys: [], retry_type: "reschedule" } },
};

const mayFollow = (state: State): boolean =>
  state.type === "RUNNING" || state.type === "SCHEDULED" || state.type === "CANCELLING" || isFinal(state);

/** What a paused flow run may become, and what it becomes when nobody resumed it in time. */
export const handleResumingPausedFlows: FlowRunRule = {
  name: "HandleResumingPausedFlows",
  from: ["PAUSED"],
  to: "any",
  apply({ context, run, initial, proposed }) {
    if (initial === null) return null;
    if (!mayFollow(proposed))
      return keepCurrent(
        `This run cannot transition to the StateType.${proposed.type} state from the StateType.PAUSED state.`,
        resumes,
      );
    const name = (proposed.name || proposed.type).toLowerCase();
    const { pause_reschedule, pause_timeout } = initial.state_details;
    if (pause_reschedule && run.deployment_id === null)
      return keepCurrent(`Cannot reschedule a ${name} flow run without a deployment.`, resumes);
    const isTimedOut = pause_timeout !== null && pause_timeout < context.now;
    // A blocking pause keeps its process: that has to be stopped whatever the time.
    const isAnew = !pause_reschedule && proposed.type === "SCHEDULED" && regardsPauses(context);
    if (proposed.type === "CANCELLING" || !isTimedOut) return accept(isAnew ? beginsAnew : resumes);
    return replaceWith(
      makeNow(context, failed(`The flow was ${name} and never resumed.`)),
      `The flow run ${pauseVerb(proposed.name)} has timed out and can no longer resume.`,
      resumes,
    );
  },
};

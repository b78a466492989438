import type { Deps } from "../../deps.ts";
import { flowRunOf, target } from "../../domain/automations/action-targets.ts";
import {
  type ActionOutcome,
  answered,
  executed,
  failed,
  type Told,
  type Triggered,
} from "../../domain/automations/triggered-action.ts";
import type { FlowRunDecision } from "../../domain/orchestration/types.ts";
import { isStateType, propose, type StateProposal } from "../../domain/states.ts";
import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import { deleteObjects } from "../../store/deletion/objects.ts";
import { readFlowRun } from "../../store/flow-runs/read.ts";
import { resumeFlowRun } from "../resume-flow-run.ts";
import { setFlowRunState, theServer } from "../set-flow-run-state.ts";

type StateAction = Triggered<"cancel-flow-run" | "suspend-flow-run" | "change-flow-run-state">;
type FlowRunAction = StateAction | Triggered<"resume-flow-run" | "delete-flow-run">;

const pauseTimeout = fromSecondsDuration(3600);

function stateOf({ action, automation }: StateAction, now: Micros): StateProposal | null {
  switch (action.type) {
    case "cancel-flow-run":
      return propose("CANCELLING", { message: `Cancelled by Automation ${automation.id}` });
    case "suspend-flow-run":
      return propose("PAUSED", {
        name: "Suspended",
        message: `Suspended by Automation ${automation.id}`,
        state_details: { pause_timeout: now + pauseTimeout, pause_reschedule: true },
      });
    case "change-flow-run-state":
      return isStateType(action.state)
        ? propose(action.state, { name: action.name, message: action.message || `State changed by Automation ${automation.id}` })
        : null;
  }
}

/** Sets the state of a flow run. */
export async function setStateAction(deps: Deps, one: StateAction): Promise<ActionOutcome> {
  const { action } = one;
  const found = flowRunOf(one);
  if ("none" in found) return found.none;
  const told = { related: [target("flow-run", found.id)], details: {} };
  const proposal = stateOf(one, deps.now());
  if (proposal === null) return answered(action.type, { status_code: 422 }, told);
  if (await wasDone(deps, one, found.id, ({ type, message }) => type === proposal.type && message === proposal.message))
    return answered(action.type, { status_code: 201 }, told);
  const force = action.type === "change-flow-run-state" && action.force;
  const decision = await setFlowRunState(deps, { id: found.id, proposal, force, client: theServer });
  if (decision === null) return answered(action.type, { status_code: 404 }, told);
  const status_code = decision.written === null ? 200 : 201;
  return accepted(decision, "set state", { ...told, details: { status_code } });
}

/** Resumes a paused flow run. The reference tries a run that does not exist three times more, and tells nothing; here it fails at once. */
export async function resumeFlowRunAction(deps: Deps, one: Triggered<"resume-flow-run">): Promise<ActionOutcome> {
  const found = flowRunOf(one);
  if ("none" in found) return found.none;
  const told = { related: [target("flow-run", found.id)], details: {} };
  if (await wasDone(deps, one, found.id, ({ name }) => name === "Resuming")) return executed(told);
  const decision = await resumeFlowRun(deps, { id: found.id, run_input: null, client: theServer });
  return decision === null ? answered(one.action.type, { status_code: 404 }, told) : accepted(decision, "resume flow run", told);
}

/** Deletes a flow run. */
export async function deleteFlowRunAction(deps: Deps, one: Triggered<"delete-flow-run">): Promise<ActionOutcome> {
  const found = flowRunOf(one);
  if ("none" in found) return found.none;
  deps.db.about({ id: found.id });
  const isDeleted = (await deleteObjects(deps, "flow_run", [found.id])).length > 0 || one.attempts > 1;
  return answered(
    one.action.type,
    { status_code: isDeleted ? 204 : 404 },
    { related: [target("flow-run", found.id)], details: {} },
  );
}

const accepted = ({ details }: FlowRunDecision, what: string, told: Told): ActionOutcome =>
  details.type === "accept_details" ? executed(told) : failed(`Failed to ${what}: ${details.reason}`, told);

// An action is begun again where its worker stopped: the state that it has written before is not written twice.
async function wasDone(
  { db }: Deps,
  { attempts, triggered }: FlowRunAction,
  id: string,
  isWanted: (state: { readonly type: string; readonly name: string; readonly message: string | null }) => boolean,
): Promise<boolean> {
  const state = attempts > 1 ? (await readFlowRun(db, id))?.state : null;
  return state != null && state.timestamp >= triggered && isWanted(state);
}

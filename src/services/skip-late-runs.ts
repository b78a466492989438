import { type GivingUp, skippedProposal } from "../domain/deployments/catch-up.ts";
import { decideFlowRunState } from "../domain/orchestration/decide.ts";
import { type Micros, toSeconds } from "../lib/time.ts";
import { givenUpRuns } from "../store/flow-runs/given-up.ts";
import { changeFlowRunStates } from "./change-many-states.ts";

const batch = 100;

/**
 * Skips a batch of the runs that the policies of one mode give up at a time; a run that a worker takes meanwhile is the worker's. Returns
 * how many were written, and whether these were all.
 */
export async function skipLateRuns(
  deps: Parameters<typeof changeFlowRunStates>[0],
  mode: GivingUp,
  at: Micros,
): Promise<{ written: number; isAll: boolean }> {
  const { found, written } = await changeFlowRunStates(deps, givenUpRuns(mode, at, batch), (context) => {
    const { next_scheduled_start_time, run_count } = context.run;
    if (context.initial_state?.type !== "SCHEDULED" || run_count > 0 || next_scheduled_start_time === null) return null;
    return decideFlowRunState(context, skippedProposal(mode, toSeconds(at - next_scheduled_start_time)));
  });
  return { written, isAll: found < batch };
}

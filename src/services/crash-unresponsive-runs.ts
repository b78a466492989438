import type { Deps } from "../deps.ts";
import { decideFlowRunState } from "../domain/orchestration/decide.ts";
import { unresponsiveProposal } from "../domain/orchestration/proposals.ts";
import { toSeconds } from "../lib/time.ts";
import { unresponsiveRuns } from "../store/flow-runs/overdue.ts";
import { changeFlowRunStates } from "./change-many-states.ts";

const batch = 100;

/**
 * Crashes running flow runs that have sent heartbeats and have stopped to, one of them or a batch, where the server is set to do so. Returns
 * how many; no round trip where it is not.
 */
export async function crashUnresponsiveRuns(deps: Deps, id: string | null = null): Promise<{ written: number; isAll: boolean }> {
  const { unresponsiveAfter } = deps.config;
  if (unresponsiveAfter === undefined) return { written: 0, isAll: true };
  const ids = unresponsiveRuns(deps.now() - unresponsiveAfter, batch, id);
  const { found, written } = await changeFlowRunStates(deps, ids, (context) =>
    context.initial_state?.type === "RUNNING"
      ? decideFlowRunState(context, unresponsiveProposal(toSeconds(unresponsiveAfter)))
      : null,
  );
  return { written, isAll: found < batch };
}

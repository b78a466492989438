import type { Sources } from "../domain/surroundings.ts";
import { abandonedMessage, abandonedProposal, goneAfter, mostRecoveries } from "../domain/task-workers/abandoned.ts";
import type { Micros } from "../lib/time.ts";
import type { Database } from "../store/client.ts";
import { listOfIds } from "../store/sql/rows.ts";
import type { AbandonedTaskRun, Abandonment } from "../store/task-run-deliveries.ts";
import { forceTaskRunStates } from "./change-many-states.ts";

const batch = 50;

/** Returns which task runs have a worker that went away before they were over. */
export const abandonment = ({ now, staysAlive }: { now: Micros; staysAlive: Micros }): Abandonment => ({
  broken: now - goneAfter,
  seen: now - staysAlive,
  message: abandonedMessage,
  times: mostRecoveries,
  limit: batch,
});

/**
 * Lets abandoned task runs wait anew: at least once, that is, where their worker only seemed to be gone.
 * Returns how many. No round trip where there is none, two else.
 */
export async function recoverTaskRuns(
  deps: Sources & { readonly db: Database },
  abandoned: readonly AbandonedTaskRun[],
  now: Micros,
): Promise<number> {
  if (abandoned.length === 0) return 0;
  const byId = new Map(abandoned.map((run) => [run.task_run_id, run]));
  const { written } = await forceTaskRunStates(deps, listOfIds([...byId.keys()]), ({ stored: { run } }) => {
    const found = byId.get(run.id);
    // Someone else has moved it since.
    return found === undefined || found.state_id !== run.state_id ? null : abandonedProposal(found.task_parameters_id, now);
  });
  return written;
}

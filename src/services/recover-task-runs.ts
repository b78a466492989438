import type { Sources } from "../domain/surroundings.ts";
import { abandonedMessage, abandonedProposal, goneAfter, mostRecoveries } from "../domain/task-workers/abandoned.ts";
import type { Micros } from "../lib/time.ts";
import type { Database } from "../store/client.ts";
import { listOfIds } from "../store/sql/rows.ts";
import type { AbandonedTaskRun, Abandonment } from "../store/task-run-deliveries/read.ts";
import { forceTaskRunStates } from "./change-many-states.ts";

const batch = 50;

/** Returns the task runs whose worker disconnected before they ended. */
export const abandonment = ({ now, staysAlive }: { now: Micros; staysAlive: Micros }): Abandonment => ({
  broken: now - goneAfter,
  seen: now - staysAlive,
  message: abandonedMessage,
  times: mostRecoveries,
  limit: batch,
});

/**
 * Schedules abandoned task runs again and returns how many. Delivery is at least once: a worker that only seemed to be gone may run
 * the task as well. No round trip where there is none, otherwise two.
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
    // Another request has changed its state since.
    return found === undefined || found.state_id !== run.state_id ? null : abandonedProposal(found.task_parameters_id, now);
  });
  return written;
}

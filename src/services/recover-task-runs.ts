import { abandonedMessage, abandonedProposal, goneAfter, mostRecoveries } from "../domain/task-workers/abandoned.ts";
import type { Micros } from "../schemas/time.ts";
import type { Database, ResultSet, Sql } from "../store/client.ts";
import { listOfIds } from "../store/rows.ts";
import { readAbandoned, selectAbandoned } from "../store/task-run-deliveries.ts";
import { forceTaskRunStates } from "./change-many-states.ts";
import type { ServiceDeps } from "./surroundings.ts";

const batch = 50;

/** Returns the statement that finds task runs of these keys whose worker went away before they were over. */
export const abandonedRuns = (task_keys: readonly string[], { now, staysAlive }: { now: Micros; staysAlive: Micros }): Sql =>
  selectAbandoned(task_keys, {
    broken: now - goneAfter,
    seen: now - staysAlive,
    message: abandonedMessage,
    times: mostRecoveries,
    limit: batch,
  });

/**
 * Lets the task runs that an `abandonedRuns` statement found wait anew: at least once, that is, where their worker only seemed to be gone.
 * Returns how many. No round trip where there is none, two else.
 */
export async function recoverTaskRuns(
  deps: ServiceDeps & { readonly db: Database },
  found: ResultSet | undefined,
  now: Micros,
): Promise<number> {
  const abandoned = readAbandoned(found);
  if (abandoned.length === 0) return 0;
  const byId = new Map(abandoned.map((run) => [run.task_run_id, run]));
  const { written } = await forceTaskRunStates(deps, listOfIds([...byId.keys()]), ({ stored: { run } }) => {
    const found = byId.get(run.id);
    // Someone else has moved it since.
    return found === undefined || found.state_id !== run.state_id ? null : abandonedProposal(found.task_parameters_id, now);
  });
  return written;
}

import { abandonedMessage, abandonedProposal, goneAfter, mostRecoveries } from "../domain/task-workers/abandoned.ts";
import { staysAlive } from "../domain/task-workers/roster.ts";
import type { Micros } from "../schemas/time.ts";
import type { Database } from "../store/client.ts";
import { listOfIds } from "../store/rows.ts";
import { readAbandoned, selectAbandoned } from "../store/task-run-deliveries.ts";
import { forceTaskRunStates } from "./change-many-states.ts";
import type { ServiceDeps } from "./surroundings.ts";

const batch = 50;

/**
 * Lets task runs of these keys wait anew whose worker went away before they were over: at least once, that is, where it only seemed
 * to be gone. Returns how many. One round trip where there is none, three else.
 */
export async function recoverTaskRuns(
  deps: ServiceDeps & { readonly db: Database },
  task_keys: readonly string[],
  now: Micros,
): Promise<number> {
  const gone = { broken: now - goneAfter, seen: now - staysAlive };
  const limits = { message: abandonedMessage, times: mostRecoveries, limit: batch };
  const abandoned = readAbandoned(await deps.db.execute(selectAbandoned(task_keys, { ...gone, ...limits })));
  if (abandoned.length === 0) return 0;
  const byId = new Map(abandoned.map((run) => [run.task_run_id, run]));
  const { written } = await forceTaskRunStates(deps, listOfIds([...byId.keys()]), ({ stored: { run } }) => {
    const found = byId.get(run.id);
    // Someone else has moved it since.
    return found === undefined || found.state_id !== run.state_id ? null : abandonedProposal(found.task_parameters_id, now);
  });
  return written;
}

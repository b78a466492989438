import { decidePoolUpdate, decideQueueUpdate } from "../domain/work-pools/updates.ts";
import type { WorkPoolUpdate } from "../schemas/work-pools.ts";
import type { WorkQueueUpdate } from "../schemas/work-queues.ts";
import type { Database } from "../store/client.ts";
import { commitUpdate as commitPool, loadForUpdate } from "../store/work-pools.ts";
import { commitUpdate as commitQueue, loadQueue, type QueueKey } from "../store/work-queues.ts";
import type { ServiceDeps } from "./surroundings.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

/** `null in the way`: the update clears what may not be cleared. */
export type UpdateOutcome = "updated" | "absent" | "null in the way";

/** Changes a pool's sent members and, where it is paused or resumed, its status. Two round trips: look, then write. */
export const updateWorkPool = (db: Database, name: string, update: WorkPoolUpdate, deps: ServiceDeps): Promise<UpdateOutcome> =>
  untilCommitted(deps, async () => {
    const loaded = await loadForUpdate(db, name, deps.now());
    if (loaded === null) return "absent";
    const decision = decidePoolUpdate(loaded.row, update, loaded.online);
    if (decision === null) return "null in the way";
    return (await commitPool(db, loaded.row, update, decision, deps)) ? "updated" : changedMeanwhile;
  });

/**
 * Changes a queue's sent members and, where it is paused or resumed, its status. With `moveOthers` other queues of the
 * pool make room for a new priority. Two round trips: look, then write.
 */
export const updateWorkQueue = (
  db: Database,
  key: QueueKey,
  { update, moveOthers }: { update: WorkQueueUpdate; moveOthers: boolean },
  deps: ServiceDeps,
): Promise<UpdateOutcome> =>
  untilCommitted(deps, async () => {
    const loaded = await loadQueue(db, key);
    if (loaded === null) return "absent";
    const decision = decideQueueUpdate(loaded, update, deps.now());
    if (decision === null) return "null in the way";
    return (await commitQueue(db, loaded, { update, decision, moveOthers }, deps)) ? "updated" : changedMeanwhile;
  });

import type { Sources } from "../domain/surroundings.ts";
import { decidePoolUpdate, decideQueueUpdate } from "../domain/work-pools/updates.ts";
import type { WorkPoolUpdate } from "../schemas/work-pools.ts";
import type { WorkQueueUpdate } from "../schemas/work-queues.ts";
import type { Database } from "../store/client.ts";
import { loadForUpdate } from "../store/work-pools/facts.ts";
import { commitUpdate as commitPool } from "../store/work-pools/write.ts";
import { loadQueue } from "../store/work-queues/facts.ts";
import type { QueueKey } from "../store/work-queues/rows.ts";
import { commitUpdate as commitQueue } from "../store/work-queues/write.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

/** `integrity_violated`: the update clears a column that must have a value. */
export interface UpdateOutcome {
  readonly kind: "updated" | "not_found" | "integrity_violated";
}

/** Changes a pool's sent members and, where it is paused or resumed, its status. Two round trips: look, then write. */
export const updateWorkPool = (db: Database, name: string, update: WorkPoolUpdate, deps: Sources): Promise<UpdateOutcome> =>
  untilCommitted<UpdateOutcome>(deps, async () => {
    const loaded = await loadForUpdate(db, name, deps.now());
    if (loaded === null) return { kind: "not_found" };
    const decision = decidePoolUpdate(loaded.row, update, loaded.online);
    if (decision === null) return { kind: "integrity_violated" };
    return (await commitPool(db, loaded.row, update, decision, deps)) ? { kind: "updated" } : changedMeanwhile;
  });

/**
 * Changes a queue's sent members and, where it is paused or resumed, its status. With `moveOthers` other queues of the
 * pool make room for a new priority. Two round trips: look, then write.
 */
export const updateWorkQueue = (
  db: Database,
  key: QueueKey,
  { update, moveOthers }: { update: WorkQueueUpdate; moveOthers: boolean },
  deps: Sources,
): Promise<UpdateOutcome> =>
  untilCommitted<UpdateOutcome>(deps, async () => {
    const loaded = await loadQueue(db, key);
    if (loaded === null) return { kind: "not_found" };
    const decision = decideQueueUpdate(loaded, update, deps.now());
    if (decision === null) return { kind: "integrity_violated" };
    return (await commitQueue(db, loaded, { update, decision, moveOthers }, deps)) ? { kind: "updated" } : changedMeanwhile;
  });

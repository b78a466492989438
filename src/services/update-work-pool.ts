import { decidePoolUpdate, decideQueueUpdate } from "../domain/work-pools/updates.ts";
import type { WorkPoolUpdate } from "../schemas/work-pools.ts";
import type { WorkQueueUpdate } from "../schemas/work-queues.ts";
import { type Database, DatabaseUnavailable } from "../store/client.ts";
import { commitUpdate as commitPool, loadForUpdate, type Stamps } from "../store/work-pools.ts";
import { commitUpdate as commitQueue, loadQueue, type QueueKey } from "../store/work-queues.ts";

/** `null in the way`: the update clears what may not be cleared. */
export type UpdateOutcome = "updated" | "absent" | "null in the way";

const attempts = 10;

// Somebody else changed the row between reading and writing: look again.
async function untilDecided(attempt: () => Promise<UpdateOutcome | "changed meanwhile">): Promise<UpdateOutcome> {
  for (let i = 0; i < attempts; i++) {
    const outcome = await attempt();
    if (outcome !== "changed meanwhile") return outcome;
  }
  throw new DatabaseUnavailable("the row changed again and again");
}

/** Changes a pool's sent members and, where it is paused or resumed, its status. Two round trips: look, then write. */
export const updateWorkPool = (db: Database, name: string, update: WorkPoolUpdate, stamps: Stamps): Promise<UpdateOutcome> =>
  untilDecided(async () => {
    const loaded = await loadForUpdate(db, name, stamps.now());
    if (loaded === null) return "absent";
    const decision = decidePoolUpdate(loaded.row, update, loaded.online);
    if (decision === null) return "null in the way";
    return (await commitPool(db, loaded.row, update, decision, stamps)) ? "updated" : "changed meanwhile";
  });

/**
 * Changes a queue's sent members and, where it is paused or resumed, its status. With `moveOthers` other queues of the
 * pool make room for a new priority. Two round trips: look, then write.
 */
export const updateWorkQueue = (
  db: Database,
  key: QueueKey,
  { update, moveOthers }: { update: WorkQueueUpdate; moveOthers: boolean },
  stamps: Stamps,
): Promise<UpdateOutcome> =>
  untilDecided(async () => {
    const loaded = await loadQueue(db, key);
    if (loaded === null) return "absent";
    const decision = decideQueueUpdate(loaded, update, stamps.now());
    if (decision === null) return "null in the way";
    return (await commitQueue(db, loaded, { update, decision, moveOthers }, stamps)) ? "updated" : "changed meanwhile";
  });

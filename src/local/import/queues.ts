import { type StoredQueues, storedQueues } from "../../store/import/links.ts";
import type { Context } from "./context.ts";
import type { Fields } from "./fields.ts";

/** Returns the queue of a deployment or a run: by its id, and by its names where the source (3.3) does not tell the id. */
export type FindQueue = (from: Fields) => string | null;

/** Reads the stored queues, to which the function returned refers; before a dry run's first import there are none, and ids are taken as they are. */
export async function queueFinder(context: Context): Promise<FindQueue> {
  const stored: StoredQueues | null = context.isEmpty || context.isDryRun ? null : await storedQueues(context.db);
  return (from) => {
    const id = context.idHereOrNull(from.idOrNull("work_queue_id"));
    if (stored === null || (id !== null && stored.ids.has(id))) return id;
    const [pool, queue] = [from.textOrNull("work_pool_name"), from.textOrNull("work_queue_name")];
    return pool === null || queue === null ? null : stored.byName(pool, queue);
  };
}

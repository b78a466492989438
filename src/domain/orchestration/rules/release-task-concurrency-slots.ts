import { tagLimitNames } from "../tag-slots.ts";
import type { TaskRunClosing } from "../types.ts";

/**
 * Releases all slots of the limits on a task run's tags when it is neither RUNNING nor CANCELLING, including slots taken by
 * requests.
 */
export const releaseTaskConcurrencySlots: TaskRunClosing = {
  name: "ReleaseTaskConcurrencySlots",
  conclude({ run, written }) {
    if (written.type === "RUNNING" || written.type === "CANCELLING" || run.tags.length === 0) return null;
    return { effects: [{ kind: "release_task_leases", task_run_id: run.id, limit_names: tagLimitNames(run.tags) }] };
  },
};

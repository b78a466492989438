import { tagLimitNames } from "../tag-slots.ts";
import type { TaskRunClosing } from "../types.ts";

/** A task run that no longer runs gives back every slot it holds of the limits on its tags, whoever took it. */
export const releaseTaskConcurrencySlots: TaskRunClosing = {
  name: "ReleaseTaskConcurrencySlots",
  conclude({ run, written }) {
    if (written.type === "RUNNING" || written.type === "CANCELLING" || run.tags.length === 0) return null;
    return { effects: [{ kind: "release_task_leases", task_run_id: run.id, limit_names: tagLimitNames(run.tags) }] };
  },
};

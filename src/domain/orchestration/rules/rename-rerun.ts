import type { TaskRunRule } from "../types.ts";
import { rename } from "../verdicts.ts";

/** The name of a running state tells a retry and a rerun from the first attempt. */
export const renameReruns: TaskRunRule = {
  name: "RenameReruns",
  from: "any",
  to: ["RUNNING"],
  apply({ run, initial, proposed }) {
    if (initial === null || run.run_count === 0) return null;
    return rename(proposed, initial.name === "AwaitingRetry" ? "Retrying" : "Rerunning");
  },
};

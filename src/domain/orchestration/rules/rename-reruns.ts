import type { TaskRunRule } from "../types.ts";
import { rename } from "../verdicts.ts";

/** Names the RUNNING state of a later attempt Retrying or Rerunning. */
export const renameReruns: TaskRunRule = {
  name: "RenameReruns",
  from: "any",
  to: ["RUNNING"],
  apply({ run, initial, proposed }) {
    if (initial === null || run.run_count === 0) return null;
    return rename(proposed, initial.name === "AwaitingRetry" ? "Retrying" : "Rerunning");
  },
};

import { recordBacklog } from "../services/record-backlog.ts";
import type { Job } from "./job.ts";

/** Tries again what clients told of task runs before their flow run was there. */
export const taskRunBacklog: Job = {
  name: "task-run-backlog",
  run: (deps, { scheduledTime }) => recordBacklog(deps, scheduledTime),
};

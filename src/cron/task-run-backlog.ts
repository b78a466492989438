import { recordBacklog } from "../services/record-backlog.ts";
import type { Job } from "./job.ts";

/** Records task run reports that arrived before their flow run existed. */
export const taskRunBacklog: Job = {
  name: "task-run-backlog",
  run: (deps, { scheduledTime }) => recordBacklog(deps, scheduledTime),
};

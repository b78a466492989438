import { makeAllDueRuns } from "../services/materialise-schedules.ts";
import type { Job } from "./job.ts";

/** How long one tick goes on with batches of schedules; the rest stays due for the next. */
const longest = 20_000_000;

/** Makes the runs that schedules need: only those that do are looked at, however many there are. */
export const scheduledRuns: Job = {
  name: "scheduled-runs",
  run: (deps, { scheduledTime }) => makeAllDueRuns(deps, scheduledTime, deps.now() + longest),
};

import { makeAllDueRuns } from "../services/materialise-schedules.ts";
import type { Job } from "./job.ts";

/** The time budget of one tick; the remaining schedules stay due for the next one. */
const timeBudget = 20_000_000;

/** Creates the runs of due schedules; only those are read, however many schedules exist. */
export const scheduledRuns: Job = {
  name: "scheduled-runs",
  run: (deps, { scheduledTime }) => makeAllDueRuns(deps, scheduledTime, deps.now() + timeBudget),
};

import { fromSecondsDuration } from "../lib/time.ts";
import { skipLateRuns } from "../services/skip-late-runs.ts";
import type { Job } from "./job.ts";

/** The time budget of one tick; the remaining runs are skipped by the next one. */
const timeBudget = fromSecondsDuration(10);

/** Skips the overdue runs that their deployments' labels give up, before they would be marked as late. */
export const catchUp: Job = {
  name: "catch-up",
  async run(deps, { scheduledTime }) {
    const end = deps.now() + timeBudget;
    for (const mode of ["none", "latest"] as const)
      for (;;) {
        const { written, isAll } = await skipLateRuns(deps, mode, scheduledTime);
        if (isAll || written === 0) break;
        if (deps.now() >= end) return;
      }
  },
};

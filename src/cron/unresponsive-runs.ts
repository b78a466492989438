import { fromSecondsDuration } from "../lib/time.ts";
import { crashUnresponsiveRuns } from "../services/crash-unresponsive-runs.ts";
import type { Job } from "./job.ts";

/** The time budget of one tick; the rest is done by the next one. */
const timeBudget = fromSecondsDuration(10);

/** Crashes running flow runs without heartbeats, where the server is set to. */
export const unresponsiveRuns: Job = {
  name: "unresponsive runs",
  async run(deps) {
    const end = deps.now() + timeBudget;
    for (;;) {
      const { written, isAll } = await crashUnresponsiveRuns(deps);
      if (isAll || written === 0 || deps.now() > end) return;
    }
  },
};

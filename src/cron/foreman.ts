import { saveSilence, silenceBatch } from "../store/work-pools/readiness.ts";
import type { Job } from "./job.ts";

const rounds = 10;

/**
 * Notes which workers, pools, queues and deployments have fallen silent and tells it (work_pools.md "foreman"). Answers
 * show this without it; events, automations and filters by stored status need it.
 */
export const foreman: Job = {
  name: "foreman",
  async run(deps, { scheduledTime }) {
    for (let round = 0; round < rounds; round++) if ((await saveSilence(deps.db, scheduledTime, deps)) < silenceBatch) return;
  },
};

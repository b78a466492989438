import { expireReadiness, readinessBatch } from "../store/work-pools/readiness.ts";
import type { Job } from "./job.ts";

const rounds = 10;

/**
 * Stores that workers, work pools, queues and deployments are no longer ready, and writes the events
 * (`prefect/server/services/foreman.py monitor_worker_health`). Responses compute the status; events, automations and filters by
 * stored status need this.
 */
export const foreman: Job = {
  name: "foreman",
  async run(deps, { scheduledTime }) {
    for (let round = 0; round < rounds; round++)
      if ((await expireReadiness(deps.db, scheduledTime, deps)) < readinessBatch) return;
  },
};

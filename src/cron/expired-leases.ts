import { releaseExpiredLeases } from "../store/concurrency-limits/leases.ts";
import type { Job } from "./job.ts";

const leasesAtOnce = 500;

/**
 * Deletes expired leases. Their slots are free already; this clears the table, records the occupancy and decrements the counters
 * of limits that had decay when the slots were taken (`prefect/server/services/repossessor.py monitor_expired_leases`).
 */
export const deleteExpiredLeases: Job = {
  name: "delete expired leases",
  async run({ db }, { scheduledTime }) {
    await releaseExpiredLeases(db, scheduledTime, leasesAtOnce);
  },
};

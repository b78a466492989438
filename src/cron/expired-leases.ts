import { releaseExpiredLeases } from "../store/concurrency-limits/leases.ts";
import type { Job } from "./job.ts";

const leasesAtOnce = 500;

/**
 * Deletes leases that have expired. Their slots are free without it; what it does is to clear the table, to count the time that
 * they held their slots, and to lower the counters of limits that had decay when the slots were taken.
 */
export const deleteExpiredLeases: Job = {
  name: "delete expired leases",
  async run({ db }, { scheduledTime }) {
    await releaseExpiredLeases(db, scheduledTime, leasesAtOnce);
  },
};

import { countOldEvents, deleteOldEvents } from "../store/events/retention.ts";
import type { Job } from "./job.ts";

const hour = 3_600_000_000;
const keptFor = 7 * 24 * hour;
const batch = 2_000;
const batches = 20;

/**
 * Removes events that occurred more than seven days before this hour began (events.md 8). An old event that came within the
 * hour is kept until the next one, as there.
 */
export const eventRetention: Job = {
  name: "event-retention",
  async run(deps, { scheduledTime }) {
    const hourStart = Math.floor(scheduledTime / hour) * hour;
    const old = { occurredBefore: hourStart - keptFor, receivedBefore: hourStart };
    if ((await countOldEvents(deps.db, { ...old, limit: 1 })) === 0) return;
    for (let i = 0; i < batches; i++) if ((await deleteOldEvents(deps.db, { ...old, limit: batch })) < batch) return;
  },
};

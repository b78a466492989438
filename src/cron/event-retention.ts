import { countOldEvents, deleteOldEvents } from "../store/events/retention.ts";
import type { Job } from "./job.ts";

const hour = 3_600_000_000;
const batch = 2_000;
const batches = 20;

/**
 * Deletes events older than their retention, by default seven days, when the current hour began (`prefect/server/services/db_vacuum.py
 * vacuum_old_events`). An old event that was received within this hour is kept until the next hour.
 */
export const eventRetention: Job = {
  name: "event-retention",
  async run(deps, { scheduledTime }) {
    const hourStart = Math.floor(scheduledTime / hour) * hour;
    const old = { occurredBefore: hourStart - deps.config.retention.events, receivedBefore: hourStart };
    if ((await countOldEvents(deps.db, { ...old, limit: 1 })) === 0) return;
    for (let i = 0; i < batches; i++) if ((await deleteOldEvents(deps.db, { ...old, limit: batch })) < batch) return;
  },
};

import type { Deps } from "../deps.ts";
import type { Micros } from "../lib/time.ts";
import { deleteOldRows, type RetainedKind, readCursors, retainedKinds, timeOfKind } from "../store/retention/delete.ts";
import type { Job } from "./job.ts";

const hour = 3_600_000_000;
/** The time budget of one tick; the next one goes on behind the stored cursors. */
const timeBudget = 500_000;

const ages: Record<RetainedKind, (retention: Deps["config"]["retention"]) => Micros | undefined> = {
  flow_runs: ({ flow_runs }) => flow_runs,
  task_runs: ({ task_runs }) => task_runs,
  // Entries of task runs that went, with their flow run or alone.
  task_run_caches: ({ flow_runs, task_runs }) => task_runs ?? flow_runs,
  artifacts: ({ artifacts }) => artifacts,
  logs: ({ logs }) => logs,
  audit: ({ audit }) => audit,
};

/**
 * Deletes rows that ended longer ago than the retention of their kind, counted from the start of the hour; kinds without one are kept
 * (`prefect/server/services/db_vacuum.py vacuum_old_flow_runs`). Each kind is walked through once an hour, the oldest first, all in turn.
 */
export const retention: Job = {
  name: "retention",
  async run({ db, config, now }, { scheduledTime }) {
    const hourStart = Math.floor(scheduledTime / hour) * hour;
    const configured = retainedKinds.flatMap((kind) => {
      const age = ages[kind](config.retention);
      return age === undefined ? [] : [{ kind, before: timeOfKind(kind, hourStart - age) }];
    });
    if (configured.length === 0) return;
    const end = now() + timeBudget;
    const cursorOf = await readCursors(db);
    let walks = configured.map(({ kind, before }) => {
      const cursor = cursorOf(kind);
      const isPassed = cursor.place < 0;
      return { kind, before, cursor: isPassed && cursor.at < before ? { at: 0, place: -1 } : cursor };
    });
    for (;;) {
      walks = walks.filter(({ cursor, before }) => cursor.place >= 0 || cursor.at < before);
      if (walks.length === 0) return;
      for (const walk of walks) {
        if (now() >= end) return;
        const began = now();
        walk.cursor = await deleteOldRows(db, walk.kind, { ...walk, now: began });
        // The database has one writer: requests have it for longer than this job.
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(2 * (now() - began), end - now())) / 1000));
      }
    }
  },
};

import type { Deps } from "../deps.ts";
import { readTaskRunReport } from "../domain/events/task-run-reports.ts";
import type { Micros } from "../lib/time.ts";
import { readBacklog, recordFromBacklog } from "../store/task-run-recorder/backlog.ts";

const batch = 500;
const patience: Micros = 3_600_000_000;

/** Records task runs whose flow run was stored after their events; drops those that are an hour old. */
export async function recordBacklog(deps: Deps, now: Micros): Promise<void> {
  const before = now - patience;
  const { events, hasExpired } = await readBacklog(deps.db, { limit: batch, before });
  if (events.length === 0 && !hasExpired) return;
  const reports = events.map(readTaskRunReport).filter((report) => report !== null);
  const recorded = events.map((event) => event.id);
  await recordFromBacklog(deps.db, { reports, recorded, before }, now);
}

import type { Deps } from "../deps.ts";
import { readTaskRunReport } from "../domain/events/task-run-reports.ts";
import type { Micros } from "../schemas/time.ts";
import { readCount } from "../store/rows.ts";
import { backlogBefore, backlogEvents, clearBacklog, dueBacklog, recordTaskRuns } from "../store/task-run-recorder.ts";

const batch = 500;
const patience: Micros = 3_600_000_000;

/** Records task runs whose flow run came after their events; gives up on those that waited for an hour. */
export async function recordBacklog(deps: Deps, now: Micros): Promise<void> {
  const [due, expired] = await deps.db.read([dueBacklog(batch), backlogBefore(now - patience)]);
  const events = due === undefined ? [] : backlogEvents(due);
  if (events.length === 0 && readCount(expired) === 0) return;
  const reports = events.map(readTaskRunReport).filter((report) => report !== null);
  const recorded = events.map((event) => event.id);
  await deps.db.write([...recordTaskRuns(reports, now), clearBacklog(recorded, now - patience)]);
}

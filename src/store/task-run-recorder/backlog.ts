import type { TaskRunReport } from "../../domain/events/task-run-reports.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { readCount, rowMapper } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { type EventRow, event } from "../tables/events.ts";
import { recordTaskRuns } from "./write.ts";

const events = rowMapper(event);

/** The stored events of the backlog whose flow run exists now. */
const dueBacklog = (
  limit: number,
): Sql => sql`select ${events.columns("e")} from task_run_event_backlog b join event e on e.id = b.event_id
    where exists (select 1 from flow_run f where f.id = b.flow_run_id) order by e.position limit ${limit}`;

/** Whether the backlog has entries that were added before a time. */
const expiredBacklog = (before: Micros): Sql => sql`select exists (select 1 from task_run_event_backlog where added < ${before})`;

/** Deletes events from the backlog: those that were recorded, and all that were added before a time. */
const clearBacklog = (recorded: readonly string[], before: Micros): Sql =>
  sql`delete from task_run_event_backlog where event_id in (select value from json_each(${stringifyJson(recorded)})) or added < ${before}`;

/**
 * Returns the events of the backlog whose flow run exists now, and whether there are entries from before a time; one round trip.
 */
export async function readBacklog(
  db: Database,
  { limit, before }: { limit: number; before: Micros },
): Promise<{ events: EventRow[]; hasExpired: boolean }> {
  const [due, expired] = await db.read([dueBacklog(limit), expiredBacklog(before)]);
  return { events: events.rows(due), hasExpired: readCount(expired) > 0 };
}

/** Records reports of the backlog and deletes their events from it, with all entries from before a time. */
export async function recordFromBacklog(
  db: Database,
  { reports, recorded, before }: { reports: readonly TaskRunReport[]; recorded: readonly string[]; before: Micros },
  now: Micros,
): Promise<void> {
  await db.write([...recordTaskRuns(reports, now), clearBacklog(recorded, before)]);
}

import type { Deps } from "../deps.ts";
import { type Event, eventSize, maximumEventBytes } from "../domain/events/event.ts";
import { readTaskRunReport } from "../domain/events/task-run-reports.ts";
import type { Micros } from "../lib/time.ts";
import { DatabaseUnavailable } from "../store/client.ts";
import { storeEvents } from "../store/task-run-recorder/write.ts";

/** The largest group of events that one batch writes; the database takes about 5 MB a value. */
const groupBytes = 2_000_000;
const groupEvents = 1_000;

/**
 * Stores events, idempotent by id, and in the same batch the task runs that they report; events above the maximum size are
 * dropped. One round trip for each two megabytes or thousand events.
 */
export async function recordEvents(deps: Deps, events: readonly Event[]): Promise<void> {
  const received = deps.now();
  for (const group of groupsOf(events, received)) await recordGroup(deps, group, received);
}

async function recordGroup(deps: Deps, group: readonly Event[], received: Micros): Promise<void> {
  const reports = group.map(readTaskRunReport).filter((report) => report !== null);
  try {
    await storeEvents(deps.db, { events: group, reports, received });
  } catch (error) {
    // Events are never lost because a report among them does not fit the tables.
    if (reports.length === 0 || error instanceof DatabaseUnavailable) throw error;
    deps.log("error", { event: "task runs not recorded", events: reports.map(({ state }) => state.id), error: String(error) });
    await storeEvents(deps.db, { events: group, reports: [], received });
  }
}

function groupsOf(events: readonly Event[], received: Micros): Event[][] {
  const groups: Event[][] = [];
  let bytes = 0;
  let group: Event[] = [];
  for (const event of events) {
    const size = eventSize(event, received);
    if (size > maximumEventBytes) continue;
    if (group.length === 0 || bytes + size > groupBytes || group.length === groupEvents) {
      group = [];
      groups.push(group);
      bytes = 0;
    }
    group.push(event);
    bytes += size;
  }
  return groups;
}

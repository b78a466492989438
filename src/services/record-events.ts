import type { Deps } from "../deps.ts";
import { type Event, eventSize, maximumEventBytes } from "../domain/events/event.ts";
import type { Micros } from "../schemas/time.ts";
import { insertEvents } from "../store/events.ts";

/** The largest group of events that one batch writes, in bytes: the database takes about 5 MB a value. */
const groupBytes = 2_000_000;
const groupEvents = 1_000;

/** Stores events once by their ids; what is too big is dropped (events.md 1). One round trip for each two megabytes. */
export async function recordEvents(deps: Deps, events: readonly Event[]): Promise<void> {
  const received = deps.now();
  for (const group of groupsOf(events, received)) await deps.db.write(insertEvents(group, received));
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

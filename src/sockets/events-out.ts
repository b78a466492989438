import type { Deps } from "../deps.ts";
import { type ResolvedEventFilter, resolveEventFilter } from "../domain/events/filter.ts";
import type { Micros } from "../lib/time.ts";
import { presentEvent } from "../present/events.ts";
import { type EventFilter, eventFilter } from "../schemas/filters/events.ts";
import { type EventPlace, eventsAfter, lastEventPosition, listEvents } from "../store/events/read.ts";
import type { EventRow } from "../store/tables/events.ts";
import type { Connection } from "./connection.ts";
import { follow } from "./follow.ts";
import type { Refusal } from "./handshake.ts";
import { isSpent, spent } from "./open.ts";
import { patiently } from "./patience.ts";
import { readSubscription } from "./subscription.ts";

const pageSize = 250;
const longestReplay: Micros = 15 * 60 * 1_000_000;

const message = (row: EventRow) => ({ type: "event", event: presentEvent(row) });

/**
 * Sends the stored events that match, oldest first, then new ones in order of arrival (rules: events.md 7). The newest
 * position at the subscription divides the two: each event is in exactly one of them.
 */
export async function serveEventsOut(connection: Connection, deps: Deps): Promise<Refusal | null> {
  const subscription = await readSubscription(connection, eventFilter);
  if (subscription === null || "code" in subscription) return subscription;
  const filter = streamFilter(subscription.filter, deps.now());
  const from = await patiently(deps, () => lastEventPosition(deps.db));
  if (subscription.message.backfill !== false) {
    const end = await replay(connection, deps, filter, from);
    if (end !== null) return end;
  }
  // The window of time is each client's own: what else is asked for is read once for all that ask for the same.
  const { since, until } = filter.occurred;
  const ofAllTimes = { ...filter, occurred: { since: 0, until: Number.MAX_SAFE_INTEGER } };
  return follow(connection, deps, {
    topic: "event",
    filter: ofAllTimes,
    from,
    read: (after) => eventsAfter(deps.db, { filter: ofAllTimes, after, limit: pageSize }),
    message,
    timeOf: (row) => row.occurred,
    wants: (occurred) => since <= occurred && occurred <= until,
  });
}

/** The order of a stream is that of time, and it goes back 15 minutes at most. */
function streamFilter(asked: EventFilter, now: Micros): ResolvedEventFilter {
  const { occurred, ...filter } = resolveEventFilter(asked, now);
  return { ...filter, order: "ASC", occurred: { ...occurred, since: Math.max(occurred.since, now - longestReplay) } };
}

async function replay(connection: Connection, deps: Deps, filter: ResolvedEventFilter, upTo: number): Promise<Refusal | null> {
  let after: EventPlace | undefined;
  while (connection.isOpen()) {
    if (isSpent(deps)) return spent;
    const { rows } = await patiently(deps, () => listEvents(deps.db, { filter, limit: pageSize, after, upTo }));
    let count = 0;
    for await (const row of rows) {
      connection.send(message(row));
      after = row;
      count++;
    }
    if (count < pageSize) return null;
  }
  return null;
}

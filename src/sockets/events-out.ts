import type { Deps } from "../deps.ts";
import { type ResolvedEventFilter, resolveEventFilter } from "../domain/events/filter.ts";
import type { Micros } from "../lib/time.ts";
import { presentEvent } from "../present/events.ts";
import { type EventFilter, eventFilter } from "../schemas/filters/events.ts";
import { type EventPosition, eventsAfter, lastEventPosition, listEvents } from "../store/events/read.ts";
import type { EventRow } from "../store/tables/events.ts";
import type { Connection } from "./connection.ts";
import { follow } from "./follow.ts";
import type { Refusal } from "./handshake.ts";
import { budgetSpent, isBudgetSpent } from "./open.ts";
import { retryWhileUnavailable } from "./retry.ts";
import { readSubscription } from "./subscription.ts";

const pageSize = 250;
const longestReplay: Micros = 15 * 60 * 1_000_000;

const message = (row: EventRow) => ({ type: "event", event: presentEvent(row) });

/**
 * Sends the stored events that match, oldest first, then new events in order of arrival (`prefect/server/api/events.py
 * stream_workspace_events_out`). The newest position at the time of the subscription separates the two, so that each event is
 * sent once.
 */
export async function serveEventsOut(connection: Connection, deps: Deps): Promise<Refusal | null> {
  const subscription = await readSubscription(connection, eventFilter);
  if (subscription === null || "code" in subscription) return subscription;
  const filter = streamFilter(subscription.filter, deps.now());
  const from = await retryWhileUnavailable(deps, () => lastEventPosition(deps.db));
  if (subscription.message.backfill !== false) {
    const end = await replay(connection, deps, filter, from);
    if (end !== null) return end;
  }
  // The window of time differs between clients; without it, equal filters share one read.
  const { since, until } = filter.occurred;
  const filterWithoutTimes = { ...filter, occurred: { since: 0, until: Number.MAX_SAFE_INTEGER } };
  return follow(connection, deps, {
    topic: "event",
    filter: filterWithoutTimes,
    from,
    read: (after) => eventsAfter(deps.db, { filter: filterWithoutTimes, after, limit: pageSize }),
    message,
    timeOf: (row) => row.occurred,
    isIncluded: (occurred) => since <= occurred && occurred <= until,
  });
}

/** A stream is ordered by time and begins at most 15 minutes ago. */
function streamFilter(asked: EventFilter, now: Micros): ResolvedEventFilter {
  const { occurred, ...filter } = resolveEventFilter(asked, now);
  return { ...filter, order: "ASC", occurred: { ...occurred, since: Math.max(occurred.since, now - longestReplay) } };
}

async function replay(connection: Connection, deps: Deps, filter: ResolvedEventFilter, upTo: number): Promise<Refusal | null> {
  let after: EventPosition | undefined;
  while (connection.isOpen()) {
    if (isBudgetSpent(deps)) return budgetSpent;
    const { rows } = await retryWhileUnavailable(deps, () => listEvents(deps.db, { filter, limit: pageSize, after, upTo }));
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

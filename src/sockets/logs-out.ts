import type { Deps } from "../deps.ts";
import type { Micros } from "../lib/time.ts";
import { presentLog } from "../present/logs.ts";
import { type LogFilter, logFilter } from "../schemas/filters/logs.ts";
import { lastLogPosition, logPositionAt, logsAfter } from "../store/logs.ts";
import type { LogRow } from "../store/tables/logs.ts";
import type { Connection } from "./connection.ts";
import { follow } from "./follow.ts";
import type { Refusal } from "./handshake.ts";
import { patiently } from "./patience.ts";
import { readSubscription } from "./subscription.ts";

const pageSize = 250;

// The stream tells neither when a log was stored nor when it was changed (logs.md).
const message = (row: LogRow) => ({ type: "log", log: { ...presentLog(row), created: null, updated: null } });

const lookBack: Micros = 5_000_000;
const recently: Micros = 300_000_000;

/**
 * Returns where a stream begins. There is no history; but the real client asks for the last minute whenever it connects, and drops
 * what it knows: it gets the last seconds, so that none is lost while it connects again.
 */
async function beginning({ db }: Deps, { timestamp }: LogFilter, now: Micros): Promise<number> {
  const after = timestamp?.after_;
  const isConnectingAgain = after !== undefined && after <= now && after > now - recently;
  return isConnectingAgain ? logPositionAt(db, now - lookBack) : lastLogPosition(db);
}

/** Sends each new log that matches, in order of arrival. */
export async function serveLogsOut(connection: Connection, deps: Deps): Promise<Refusal | null> {
  const subscription = await readSubscription(connection, logFilter);
  if (subscription === null || "code" in subscription) return subscription;
  const { filter } = subscription;
  const from = await patiently(deps, () => beginning(deps, filter, deps.now()));
  const { timestamp, ...others } = filter;
  return follow(connection, deps, {
    topic: "log",
    filter: others,
    from,
    read: (after) => logsAfter(deps.db, { filter: others, after, limit: pageSize }),
    message,
    timeOf: (row) => row.timestamp,
    wants: (time) => (timestamp?.after_ ?? time) <= time && time <= (timestamp?.before_ ?? time),
  });
}

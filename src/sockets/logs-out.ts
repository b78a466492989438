import type { Deps } from "../deps.ts";
import type { Micros } from "../lib/time.ts";
import { presentLog } from "../present/logs.ts";
import { type LogFilter, logFilter } from "../schemas/filters/logs.ts";
import { lastLogPosition, logPositionAt, logsAfter } from "../store/logs/arrival.ts";
import type { LogRow } from "../store/tables/logs.ts";
import type { Connection } from "./connection.ts";
import { follow } from "./follow.ts";
import type { Refusal } from "./handshake.ts";
import { retryWhileUnavailable } from "./retry.ts";
import { readSubscription } from "./subscription.ts";

const pageSize = 250;

// The reference's stream sends logs from the publisher, before they have `created` and `updated` (`prefect/server/api/logs.py
// stream_logs_out`).
const message = (row: LogRow) => ({ type: "log", log: { ...presentLog(row), created: null, updated: null } });

const lookBack: Micros = 5_000_000;
const reconnectWindow: Micros = 300_000_000;

/**
 * Returns the position where a stream begins: at the end, since there is no replay. A client whose filter begins within the last
 * five minutes is one that reconnects: it gets the last seconds, so that no log is lost in between.
 */
async function startPosition({ db }: Deps, { timestamp }: LogFilter, now: Micros): Promise<number> {
  const after = timestamp?.after_;
  const isConnectingAgain = after !== undefined && after <= now && after > now - reconnectWindow;
  return isConnectingAgain ? logPositionAt(db, now - lookBack) : lastLogPosition(db);
}

/** Sends new logs that match, in order of arrival. */
export async function serveLogsOut(connection: Connection, deps: Deps): Promise<Refusal | null> {
  const subscription = await readSubscription(connection, logFilter);
  if (subscription === null || "code" in subscription) return subscription;
  const { filter } = subscription;
  const from = await retryWhileUnavailable(deps, () => startPosition(deps, filter, deps.now()));
  const { timestamp, ...others } = filter;
  return follow(connection, deps, {
    topic: "log",
    filter: others,
    from,
    read: (after) => logsAfter(deps.db, { filter: others, after, limit: pageSize }),
    message,
    timeOf: (row) => row.timestamp,
    isIncluded: (time) => (timestamp?.after_ ?? time) <= time && time <= (timestamp?.before_ ?? time),
  });
}

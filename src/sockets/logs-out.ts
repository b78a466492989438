import { presentLog } from "../api/present/logs.ts";
import type { Deps } from "../deps.ts";
import { logFilter } from "../schemas/filters/logs.ts";
import { lastLogPosition, logsAfter } from "../store/logs.ts";
import type { LogRow } from "../store/tables/logs.ts";
import type { Connection } from "./connection.ts";
import { follow } from "./follow.ts";
import type { Refusal } from "./handshake.ts";
import { patiently } from "./patience.ts";
import { readSubscription } from "./subscription.ts";

const pageSize = 250;

// The stream tells neither when a log was stored nor when it was changed (logs.md).
const message = (row: LogRow) => ({ type: "log", log: { ...presentLog(row), created: null, updated: null } });

/** Sends each new log that matches, in order of arrival; there is no history. */
export async function serveLogsOut(connection: Connection, deps: Deps): Promise<Refusal | null> {
  const subscription = await readSubscription(connection, logFilter);
  if (subscription === null || "code" in subscription) return subscription;
  const { filter } = subscription;
  const from = await patiently(deps, () => lastLogPosition(deps.db));
  const read = (after: number) => logsAfter(deps.db, { filter, after, limit: pageSize });
  return follow(connection, deps, { from, limit: pageSize, read, message });
}

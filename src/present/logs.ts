import { formatTime } from "../lib/time.ts";
import type { Log } from "../schemas/logs.ts";
import type { LogRow } from "../store/tables/logs.ts";

/** Returns a log as in responses; logs never change, so `updated` equals `created`. */
export function presentLog({ position: _, ...row }: LogRow): Log {
  const created = formatTime(row.created);
  return { ...row, created, updated: created, timestamp: formatTime(row.timestamp) };
}

import { unprocessable } from "../http/errors.ts";
import type { HistorySpan } from "../services/read-history.ts";

/** Refuses intervals below a second with the API's own text. */
export function checkInterval({ history_interval_seconds }: HistorySpan): void {
  if (history_interval_seconds < 1) throw unprocessable("History interval must not be less than 1 second.");
}

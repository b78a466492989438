import type { Deps } from "../deps.ts";
import { type Json, stringifyJson } from "../lib/json.ts";
import type { Micros } from "../lib/time.ts";
import type { NewRows } from "../store/slices.ts";
import type { Topic } from "../store/write-counters.ts";
import type { Connection } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { budgetSpent, isBudgetSpent } from "./open.ts";
import { readSchedule } from "./read-schedule.ts";
import { retryWhileUnavailable } from "./retry.ts";
import type { SharedRows } from "./shared-reads.ts";

/** A growing list of rows, read by position. */
export interface Feed<Row> {
  readonly topic: Topic;
  /** Subscribers with equal filters share their reads; what differs between clients is left to `isIncluded`. */
  readonly filter: Json;
  readonly from: number;
  read(after: number): Promise<NewRows<Row>>;
  message(row: Row): Json;
  timeOf(row: Row): Micros;
  /** Returns, from a row's time, whether the row is sent. */
  isIncluded(time: Micros): boolean;
}

/**
 * Sends new rows: reads after each write of this isolate, and polls for writes of other isolates; ends with the client or with
 * the socket's budget of database requests.
 */
export async function follow<Row>(connection: Connection, deps: Deps, feed: Feed<Row>): Promise<Refusal | null> {
  const { topic } = feed;
  const filter = stringifyJson(feed.filter);
  const schedule = readSchedule(deps, topic);
  // The protocol has no further messages from a subscriber.
  connection.discardAll();
  let after = feed.from;
  while (connection.isOpen()) {
    if (isBudgetSpent(deps)) return budgetSpent;
    const due = schedule.due();
    if (due !== null) {
      const read = async (): Promise<SharedRows> => {
        const { rows, ...place } = await retryWhileUnavailable(deps, () => feed.read(after));
        return { rows: rows.map((row) => ({ text: stringifyJson(feed.message(row)), time: feed.timeOf(row) })), ...place };
      };
      const { rows, position, more } = await deps.sharedReads.rows.read(`${topic}:${due.key}:${after}:${filter}`, read);
      for (const { text, time } of rows) if (feed.isIncluded(time)) connection.sendText(text);
      after = position;
      schedule.recordRead(rows.length > 0);
      if (more) {
        schedule.readAgain();
        continue;
      }
    }
    await connection.wait(schedule.waitMs());
  }
  return null;
}

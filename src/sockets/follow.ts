import type { Deps } from "../deps.ts";
import { type Json, stringifyJson } from "../lib/json.ts";
import type { Micros } from "../lib/time.ts";
import type { Topic } from "../store/marks.ts";
import type { Arrived } from "../store/slices.ts";
import type { Connection } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { isSpent, spent } from "./open.ts";
import { pace } from "./pace.ts";
import { patiently } from "./patience.ts";
import type { SharedRows } from "./shared-reads.ts";

/** Something that grows: rows beyond a position, and the position up to which that is all. */
export interface Feed<Row> {
  readonly topic: Topic;
  /** Equal for followers that read the same rows; what differs between clients that ask for the same is left to `wants`. */
  readonly filter: Json;
  readonly from: number;
  read(after: number): Promise<Arrived<Row>>;
  message(row: Row): Json;
  timeOf(row: Row): Micros;
  /** Tells by its time whether a row is sent. */
  wants(time: Micros): boolean;
}

/** Sends what is new whenever this isolate has written, and now and then for what others have; ends with the client or the budget. */
export async function follow<Row>(connection: Connection, deps: Deps, feed: Feed<Row>): Promise<Refusal | null> {
  const { topic } = feed;
  const filter = stringifyJson(feed.filter);
  const ownPace = pace(deps, topic);
  // A subscriber has nothing more to say.
  connection.ignore();
  let after = feed.from;
  while (connection.isOpen()) {
    if (isSpent(deps)) return spent;
    const due = ownPace.due();
    if (due !== null) {
      const read = async (): Promise<SharedRows> => {
        const { rows, ...place } = await patiently(deps, () => feed.read(after));
        return { rows: rows.map((row) => ({ text: stringifyJson(feed.message(row)), time: feed.timeOf(row) })), ...place };
      };
      const { rows, position, more } = await deps.shared.rows.read(`${topic}:${due.key}:${after}:${filter}`, read);
      for (const { text, time } of rows) if (feed.wants(time)) connection.sendText(text);
      after = position;
      ownPace.looked(rows.length > 0);
      if (more) {
        ownPace.again();
        continue;
      }
    }
    await connection.rest(ownPace.rest());
  }
  return null;
}

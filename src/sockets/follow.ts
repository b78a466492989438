import type { Deps } from "../deps.ts";
import type { Json } from "../schemas/json.ts";
import type { Connection } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { isSpent, spent } from "./open.ts";
import { patiently, sleep } from "./patience.ts";

/** Something that grows: rows beyond a position, and the position up to which that is all. */
export interface Feed<Row> {
  readonly from: number;
  /** How many rows one reading gives at most. */
  readonly limit: number;
  read(after: number): Promise<{ rows: readonly Row[]; position: number }>;
  message(row: Row): Json;
}

const shortest = 100;
// A deployed socket lives on a budget of requests; a local one does not.
const longest = ({ config }: Deps): number => (config.local ? 500 : 2_000);

/** Sends what is new, read by read, ever more slowly while nothing comes; ends with the client or the budget. */
export async function follow<Row>(connection: Connection, deps: Deps, feed: Feed<Row>): Promise<Refusal | null> {
  let after = feed.from;
  let wait = shortest;
  while (connection.isOpen()) {
    if (isSpent(deps)) return spent;
    const { rows, position } = await patiently(deps, () => feed.read(after));
    for (const row of rows) connection.send(feed.message(row));
    after = position;
    if (rows.length === feed.limit) continue;
    wait = rows.length > 0 ? shortest : Math.min(longest(deps), wait * 1.5);
    await Promise.race([sleep(wait), connection.ended]);
  }
  return null;
}

import { keptStreams, type Streams } from "./streams.ts";
import { type WriteQueue, writeQueue } from "./write-queue.ts";

/** How the requests of an isolate share its way to the database. It holds no data: without it everything works, only slower. */
export interface Connections {
  readonly readers: Streams;
  readonly writers: Streams;
  readonly queue: WriteQueue;
  readonly silence: Silence;
}

/** When the database last left a request without an answer, in milliseconds since the epoch; 0: never. */
export interface Silence {
  noticedAt: number;
}

/** For the embedded server, which has this isolate alone: writers have one connection, whose cache no other writer makes stale. */
export const embeddedConnections = (readers: number): Connections => ({
  readers: keptStreams(readers),
  writers: keptStreams(1),
  queue: writeQueue(1),
  silence: { noticedAt: 0 },
});

// One request is on its way while the database commits the other.
const writesUnderWay = 2;

/** For a database far away that many isolates share: so many connections stay open in each. */
export function sharedConnections(kept: number): Connections {
  const streams = keptStreams(kept);
  return { readers: streams, writers: streams, queue: writeQueue(writesUnderWay), silence: { noticedAt: 0 } };
}

import { keptStreams, type Streams } from "./streams.ts";
import { singleQueue, type WriteQueue } from "./write-queue.ts";

/** How the requests of an isolate share its way to the database. It holds no data: without it everything works, only slower. */
export interface Connections {
  readonly readers: Streams;
  readonly writers: Streams;
  /** None where several writes must be under way at a time, because the database is far away. */
  readonly queue: WriteQueue | null;
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
  queue: singleQueue(),
  silence: { noticedAt: 0 },
});

/** For a database that many isolates share: so many connections stay open in each, none by default. */
export function sharedConnections(kept: number): Connections {
  const streams = keptStreams(kept);
  return { readers: streams, writers: streams, queue: null, silence: { noticedAt: 0 } };
}

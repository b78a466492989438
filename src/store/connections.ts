import { keptStreams, type Streams } from "./streams.ts";
import { openLane, singleLane, type WriteLane } from "./write-lane.ts";

/** How the requests of an isolate share its way to the database. It holds no data: without it everything works, only slower. */
export interface Connections {
  readonly readers: Streams;
  readonly writers: Streams;
  readonly lane: WriteLane;
}

/** For the embedded server, which has this isolate alone: writers have one connection, whose cache no other writer makes stale. */
export const embeddedConnections = (readers: number): Connections => ({
  readers: keptStreams(readers),
  writers: keptStreams(1),
  lane: singleLane(),
});

/** For a database that many isolates share: so many connections stay open in each, none by default. */
export function sharedConnections(kept: number): Connections {
  const streams = keptStreams(kept);
  return { readers: streams, writers: streams, lane: openLane };
}

import type { Stream } from "./client.ts";

/**
 * The database connections that this isolate keeps open between requests, each used by one request at a time. They hold no data and no
 * transaction; losing them costs opening new ones and nothing else.
 */
export interface Streams {
  /** Returns a place of its own, with the open stream in it if there is one; null: all are in use, and a stream for one request will do. */
  take(): Place | null;
  /** Gives a place back, with the stream that is open now. */
  giveBack(place: Place, stream: Stream | null): void;
}

export interface Place {
  stream: Stream | null;
  /** When the stream was last used, in milliseconds. */
  usedAt: number;
  taken: boolean;
}

// The server closes a stream that was idle for ten seconds.
const idleFor = 8_000;
// A request that was cut off gives nothing back.
const lostAfter = 30_000;

/** Returns so many places, with nothing open yet. */
export function keptStreams(capacity: number, now: () => number = Date.now): Streams {
  const places: Place[] = Array.from({ length: capacity }, () => ({ stream: null, usedAt: 0, taken: false }));
  return {
    take() {
      const at = now();
      let best: Place | null = null;
      for (const place of places) {
        if (place.taken && at - place.usedAt < lostAfter) continue;
        if (place.taken || at - place.usedAt >= idleFor) place.stream = null;
        // The one used last is the likeliest to be open still, and leaves the others to be closed when little is asked.
        if (best === null || (place.stream !== null && (best.stream === null || place.usedAt > best.usedAt))) best = place;
      }
      if (best !== null) Object.assign(best, { taken: true, usedAt: at });
      return best;
    },
    giveBack(place, stream) {
      Object.assign(place, { stream, taken: false, usedAt: now() });
    },
  };
}

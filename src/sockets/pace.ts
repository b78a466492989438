import type { Deps } from "../deps.ts";
import type { Topic } from "../store/marks.ts";

/** Tells a follower when to look at the database: when this isolate has written, and now and then for what others have. */
export interface Pace {
  /** Returns why to look now, null for not yet. `key` differs where an earlier look cannot have seen what this one may. */
  due(): { readonly key: string } | null;
  /** Notes what a look has found. */
  looked(found: boolean): void;
  /** A look has found as much as it may: the next one is due at once. */
  again(): void;
  /** How long to rest before asking again whether a look is due, in milliseconds. */
  rest(): number;
}

const shortestRest = 100;
const longestRest = 500;
const mostBusyRest = 1_000;
/** How soon a follower looks again, in milliseconds, that has just found what another isolate wrote. */
const shortestPoll = 250;
/** When a follower has heard nothing for so long, in milliseconds, it looks three times less often. */
const quietAfter = 60_000;

/** Returns the pace of a new follower of a topic, whose first look is due at once. */
export function pace({ marks, config }: Deps, topic: Topic): Pace {
  const usual = config.socketPollSeconds * 1000;
  let seen: number | null = null;
  let lookedAt = 0;
  let heardAt = Date.now();
  let poll = usual;
  let byPoll = false;
  let rest = shortestRest;
  let startedAt = 0;
  let least = 0;
  return {
    due() {
      const mark = marks.of(topic);
      const now = Date.now();
      startedAt = now;
      if (mark !== seen) {
        byPoll = seen === null && byPoll;
        seen = mark;
        return { key: `${mark}` };
      }
      if (now - lookedAt < poll) return null;
      byPoll = true;
      return { key: `${mark}:${Math.floor(now / Math.min(poll, 2_000))}` };
    },
    looked(found) {
      lookedAt = Date.now();
      // A busy database is asked less often.
      least = Math.min(mostBusyRest, 5 * (lookedAt - startedAt));
      rest = found ? shortestRest : rest;
      if (found) heardAt = lookedAt;
      const most = lookedAt - heardAt > quietAfter ? 3 * usual : usual;
      if (byPoll) poll = found ? shortestPoll : Math.min(most, poll * 1.5);
    },
    again() {
      seen = null;
    },
    rest() {
      rest = Math.min(longestRest, rest * 1.1);
      return Math.max(rest, least);
    },
  };
}

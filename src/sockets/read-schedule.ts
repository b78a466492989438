import type { Deps } from "../deps.ts";
import type { Topic } from "../store/write-counters.ts";

/** Decides when a subscriber reads the database: after a write of this isolate, and by polling for the writes of others. */
export interface ReadSchedule {
  /**
   * Returns null while no read is due. Reads with equal keys may share one result: `key` changes when a new read may return more.
   */
  due(): { readonly key: string } | null;
  /** Records the result of a read. */
  recordRead(found: boolean): void;
  /** Makes the next read due at once, because the last one reached its limit. */
  readAgain(): void;
  /** Returns how long to wait before calling `due` again, in milliseconds. */
  waitMs(): number;
}

const minimumWaitMs = 100;
const maximumWaitMs = 500;
const maximumBusyWaitMs = 1_000;
/** The poll interval, in milliseconds, after a poll that found rows of another isolate. */
const activePollMs = 250;
/** After this time without rows, in milliseconds, the poll interval is three times as long. */
const idleAfterMs = 60_000;

/** Returns the schedule of a new subscriber to a topic; its first read is due at once. */
export function readSchedule({ writeCounters, config }: Deps, topic: Topic): ReadSchedule {
  const configuredPollMs = config.socketPollSeconds * 1000;
  let seen: number | null = null;
  let readAt = 0;
  let foundAt = Date.now();
  let pollMs = configuredPollMs;
  let byPoll = false;
  let delay = minimumWaitMs;
  let startedAt = 0;
  let busyWaitMs = 0;
  return {
    due() {
      const mark = writeCounters.of(topic);
      const now = Date.now();
      startedAt = now;
      if (mark !== seen) {
        byPoll = seen === null && byPoll;
        seen = mark;
        return { key: `${mark}` };
      }
      if (now - readAt < pollMs) return null;
      byPoll = true;
      return { key: `${mark}:${Math.floor(now / Math.min(pollMs, 2_000))}` };
    },
    recordRead(found) {
      readAt = Date.now();
      // A slow read means a busy database: poll less often.
      busyWaitMs = Math.min(maximumBusyWaitMs, 5 * (readAt - startedAt));
      delay = found ? minimumWaitMs : delay;
      if (found) foundAt = readAt;
      const most = readAt - foundAt > idleAfterMs ? 3 * configuredPollMs : configuredPollMs;
      if (byPoll) pollMs = found ? activePollMs : Math.min(most, pollMs * 1.5);
    },
    readAgain() {
      seen = null;
    },
    waitMs() {
      delay = Math.min(maximumWaitMs, delay * 1.1);
      return Math.max(delay, busyWaitMs);
    },
  };
}

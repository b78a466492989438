/**
 * Lets the writers of this isolate come to the database one after the other. SQLite has one writer; where two meet in the embedded
 * server, the second sleeps for a millisecond at least, several times the length of a write. It is no lock, only good manners: the
 * database itself decides who writes, and whoever has waited too long goes ahead.
 */
export interface WriteLane {
  /** Waits for the turn and returns what ends it. */
  enter(): Promise<() => void>;
}

interface Turn {
  readonly begin: () => void;
  begunAt: number | null;
}

/** No waiting: for databases that are far away, where several requests must be under way at a time. */
export const openLane: WriteLane = { enter: () => Promise.resolve(() => undefined) };

// Writes end within the five seconds of the database's transactions; a turn that was not ended after that belonged to a request cut off.
const patience = 6_000;

/** Returns a lane for one writer at a time, in the order of arrival. */
export function singleLane(now: () => number = Date.now): WriteLane {
  let current: Turn | null = null;
  const waiting: Turn[] = [];
  const begin = (turn: Turn) => {
    current = turn;
    turn.begunAt = now();
    turn.begin();
  };
  const end = (turn: Turn) => {
    if (current !== turn) return;
    current = null;
    const next = waiting.shift();
    if (next !== undefined) begin(next);
  };
  return {
    async enter() {
      if (current === null || now() - (current.begunAt ?? 0) > patience) {
        const turn = { begin: () => undefined, begunAt: null };
        begin(turn);
        return () => end(turn);
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      const turn = await new Promise<Turn>((resolve) => {
        const mine: Turn = {
          begin: () => {
            clearTimeout(timer);
            resolve(mine);
          },
          begunAt: null,
        };
        waiting.push(mine);
        timer = setTimeout(() => {
          const place = waiting.indexOf(mine);
          if (place >= 0) waiting.splice(place, 1);
          begin(mine);
        }, patience);
      });
      return () => end(turn);
    },
  };
}

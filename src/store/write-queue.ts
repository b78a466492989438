import { NoAnswer } from "./hrana.ts";
import type { Batch, Outcome } from "./programs.ts";

/**
 * Brings the writes of this isolate to the database one after the other, those that wait together as one transaction. SQLite has one
 * writer: where two meet in the embedded server, the second sleeps for a millisecond at least, several times the length of a write. It
 * is no lock: the database itself decides who writes, and a write that has waited too long goes by itself.
 */
export interface WriteQueue {
  /** Returns what became of the batch. `send` is called by whoever's turn it is, for others too, and returns one outcome for each. */
  write(batch: Batch, send: Send): Promise<Outcome>;
}

type Send = (batches: readonly Batch[]) => Promise<Outcome[]>;

const largestGroup = 16;
/** Of the values of a group, in characters. */
const largestRequest = 500_000;

// Writes end within the five seconds of the database's transactions; after that, whoever had the turn was cut off.
const patience = 6_000;

/** Returns a queue in the order of arrival. */
export function singleQueue(): WriteQueue {
  const waiting: Waiting[] = [];
  /** Whose turn it is. */
  let turn: object | null = null;

  const takeOthers = (batch: Batch): Waiting[] => {
    const others: Waiting[] = [];
    let size = sizeOf(batch);
    for (const other of waiting) {
      size += sizeOf(other.batch);
      if (others.length + 1 >= largestGroup || size > largestRequest) break;
      others.push(other);
    }
    waiting.splice(0, others.length);
    return others;
  };

  return {
    async write(batch, send) {
      let mine: object = {};
      if (turn !== null) {
        const place = makeWaiting(batch);
        waiting.push(place);
        const answer = await place.ended;
        place.clear();
        if (answer !== null) return readAnswer(answer);
        // Called, or out of patience: then it still stands in the queue.
        if (waiting.includes(place)) waiting.splice(waiting.indexOf(place), 1);
        mine = place;
      }
      turn = mine;
      const others = takeOthers(batch);
      for (const other of others) other.claim();
      try {
        const outcomes = await send([batch, ...others.map((other) => other.batch)]);
        others.forEach((other, i) => void other.end({ outcome: outcomeAt(outcomes, i + 1) }));
        return outcomeAt(outcomes, 0);
      } catch (error) {
        for (const other of others) other.end({ error });
        throw error;
      } finally {
        if (turn === mine) {
          const next = waiting.shift();
          turn = next ?? null;
          next?.end(null);
        }
      }
    },
  };
}

/** What ends a wait: an outcome or error that somebody else fetched, or null for one's own turn. */
type Answer = { readonly outcome: Outcome } | { readonly error: unknown } | null;

interface Waiting {
  readonly batch: Batch;
  readonly ended: Promise<Answer>;
  readonly end: (answer: Answer) => void;
  /** It is being sent: from now on it must not go by itself, and an answer that never comes is an error. */
  readonly claim: () => void;
  /** Ends the clock; for the request that set it, because no other can. */
  readonly clear: () => void;
}

function makeWaiting(batch: Batch): Waiting {
  let claimed = false;
  let end: Waiting["end"] = () => undefined;
  const ended = new Promise<Answer>((resolve) => {
    end = resolve;
  });
  const lost = () => end({ error: new NoAnswer("whoever sent the write did not come back") });
  let timer = setTimeout(() => {
    if (claimed) timer = setTimeout(lost, patience);
    else end(null);
  }, patience);
  return {
    batch,
    ended,
    end,
    claim: () => {
      claimed = true;
    },
    clear: () => clearTimeout(timer),
  };
}

function readAnswer(answer: Exclude<Answer, null>): Outcome {
  if ("error" in answer) throw answer.error;
  return answer.outcome;
}

function outcomeAt(outcomes: readonly Outcome[], place: number): Outcome {
  const outcome = outcomes[place];
  if (outcome === undefined) throw new NoAnswer("there was no outcome");
  return outcome;
}

const sizeOf = ({ statements }: Batch): number =>
  statements.reduce(
    (sum, { args }) => args.reduce<number>((all, arg) => all + (typeof arg === "string" ? arg.length : 8), sum),
    0,
  );

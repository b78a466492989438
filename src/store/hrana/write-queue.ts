import { NoAnswer, Overloaded } from "./client.ts";
import type { Batch, Outcome } from "./program.ts";

/**
 * Brings the writes of this isolate to the database in a few requests at a time, those that wait together as one transaction. SQLite has
 * one writer: where two meet in the embedded server, the second sleeps for a millisecond at least, several times the length of a write,
 * and a replicated database commits one transaction after the other, each in 10 to 100 ms. It is no lock: the database itself decides
 * who writes, and a write waits six seconds at most for a request that was cut off.
 */
export interface WriteQueue {
  /**
   * Returns what became of the batch. `send` may be called for the batches of others too, and returns one outcome for each. Throws
   * NoAnswer where nothing is known at `until` (milliseconds since the epoch), and Overloaded where too much waits already.
   */
  write(batch: Batch, until: number, send: Send): Promise<Outcome>;
}

type Send = (batches: readonly Batch[]) => Promise<Outcome[]>;

const largestGroup = 16;
/** Of the values of a group, in characters. */
const largestRequest = 500_000;
/** Of all values that wait, in characters: an isolate has 128 MB, and bodies of 5 MB each may come faster than they are written. */
const largestBacklog = 24_000_000;

// In milliseconds. A transaction ends within five seconds: after that, whoever sent it was cut off.
const patience = 6_000;
const glance = 1;

interface Waiting {
  readonly batch: Batch;
  readonly size: number;
  /** When somebody began to send it: from then on it is never sent again. */
  sentAt: number | null;
  answer: { readonly outcome: Outcome } | { readonly error: unknown } | null;
}

/**
 * Returns a queue in the order of arrival, which sends at most `mostUnderWay` requests to the database at a time. workerd does not let one
 * request wake another: each waiting write checks every millisecond, and the first that finds fewer under way sends all that wait.
 */
export function writeQueue(mostUnderWay: number, now: () => number = Date.now): WriteQueue {
  const queue: Waiting[] = [];
  const underWay = new Set<{ readonly since: number }>();
  const isFree = () => {
    for (const turn of underWay) if (now() - turn.since > patience) underWay.delete(turn);
    return underWay.size < mostUnderWay;
  };

  const sendGroup = async (send: Send): Promise<void> => {
    const mine = { since: now() };
    underWay.add(mine);
    const group = takeGroup(queue);
    for (const one of group) one.sentAt = mine.since;
    try {
      const outcomes = await send(group.map(({ batch }) => batch));
      group.forEach((one, i) => {
        const outcome = outcomes[i];
        one.answer = outcome === undefined ? { error: new NoAnswer("there was no outcome") } : { outcome };
      });
    } catch (error) {
      for (const one of group) one.answer = { error };
    } finally {
      underWay.delete(mine);
    }
  };

  return {
    async write(batch, until, send) {
      if (queue.length > 0 && queue.reduce((sum, one) => sum + one.size, sizeOf(batch)) > largestBacklog)
        throw new Overloaded("too many large writes wait");
      const mine: Waiting = { batch, size: sizeOf(batch), sentAt: null, answer: null };
      queue.push(mine);
      for (;;) {
        if (mine.answer === null && queue.length > 0 && isFree()) await sendGroup(send);
        if (mine.answer !== null) return outcomeOf(mine.answer);
        if (mine.sentAt !== null && now() - mine.sentAt > patience)
          throw new NoAnswer("the request that sent this write was cut off");
        if (now() > until) {
          if (mine.sentAt === null) queue.splice(queue.indexOf(mine), 1);
          throw new NoAnswer("the database did not answer in time");
        }
        await new Promise((resolve) => setTimeout(resolve, glance));
      }
    },
  };
}

function takeGroup(queue: Waiting[]): Waiting[] {
  let count = 0;
  let size = 0;
  for (const one of queue) {
    size += one.size;
    if (count === largestGroup || (count > 0 && size > largestRequest)) break;
    count++;
  }
  return queue.splice(0, count);
}

function outcomeOf(answer: NonNullable<Waiting["answer"]>): Outcome {
  if ("error" in answer) throw answer.error;
  return answer.outcome;
}

const sizeOf = ({ statements }: Batch): number =>
  statements.reduce(
    (sum, { args }) => args.reduce<number>((all, arg) => all + (typeof arg === "string" ? arg.length : 8), sum),
    0,
  );

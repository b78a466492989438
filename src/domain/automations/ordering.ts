import { fromSecondsDuration, type Micros } from "../../lib/time.ts";

/** An event on its way to evaluation (`prefect/server/events/ordering/memory.py`). */
export interface Arrival {
  readonly id: string;
  readonly follows: string | null;
  /** Whether the event that it follows was evaluated before this batch. */
  readonly isSettled: boolean;
  readonly occurred: Micros;
  readonly received: Micros;
}

/** For how long an event waits for the one that it follows, since it was received. */
export const followPatience: Micros = fromSecondsDuration(15 * 60);
const deepest = 20;

export interface Ordered<T> {
  /** What is evaluated now, in this order. */
  readonly evaluated: readonly T[];
  /** What waits for the event that it follows, also those that have waited before. */
  readonly waiting: readonly T[];
}

/** Orders new events, in their order of arrival, among those that have waited: each after the event that it follows. */
export function inOrder<T extends Arrival>(fresh: readonly T[], waited: readonly T[], now: Micros): Ordered<T> {
  const isLost = ({ received }: T) => now - received >= followPatience;
  const evaluated: T[] = [];
  const done = new Set<string>();
  const waiting = new Set<T>(waited);
  const visit = (event: T, depth: number): void => {
    waiting.delete(event);
    evaluated.push(event);
    done.add(event.id);
    if (depth === deepest) return;
    for (const follower of byTime([...waiting].filter(({ follows }) => follows === event.id)))
      if (waiting.has(follower)) visit(follower, depth + 1);
  };
  for (const lost of byTime(waited.filter(isLost))) if (waiting.has(lost)) visit(lost, 0);
  for (const event of fresh) {
    const { id, follows, isSettled } = event;
    if (follows === null || follows === id || isSettled || done.has(follows) || isLost(event)) visit(event, 0);
    else waiting.add(event);
  }
  return { evaluated, waiting: [...waiting] };
}

const byTime = <T extends Arrival>(events: readonly T[]): T[] => events.toSorted((a, b) => a.occurred - b.occurred);

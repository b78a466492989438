import type { Arrived, Candidate, Next } from "../../store/automation-evaluation/read.ts";

/** The most triggers that are read for one step. */
export const mostCandidates = 2_000;
/** The most bytes that the firings of a step may have. */
const mostBytes = 3_000_000;
/** The size of a firing beside its event, which stands in it twice. */
const firingBytes = 4_000;

/** The events that one step evaluates: as many as one batch can commit the firings of. */
export interface Portion {
  readonly fresh: readonly Arrived[];
  readonly waited: readonly Arrived[];
  /** The position behind which the next step begins. */
  readonly position: number;
  /** Where the event behind it has more automations than fit: the last of those that are evaluated now. */
  readonly automation_id: string;
  /** Whether these are all events that were read. */
  readonly isWhole: boolean;
  readonly candidates: ReadonlyMap<number, readonly Candidate[]>;
}

/** Returns the portion of the next events that fits into one batch with so many triggers: at least one event, or some automations of it. */
export function portionOf(next: Next, mostPairs: number): Portion {
  const waited = next.arrived.filter(({ hasWaited }) => hasWaited);
  const fresh = next.arrived.filter(({ hasWaited }) => !hasWaited);
  const candidates = Map.groupBy(next.candidates, ({ position }) => position);
  const isIncomplete = next.candidates.length >= mostCandidates;
  const budget = budgetOf(mostPairs);
  for (const { position } of fresh) {
    const some = candidates.get(position) ?? [];
    const isComplete = !isIncomplete || some.at(-1) !== next.candidates.at(-1);
    if (isComplete && budget.take(some)) continue;
    const before = fresh.filter((one) => one.position < position);
    const portion = { waited: [], position: position - 1, automation_id: "", isWhole: false, candidates };
    if (before.length > 0) return { ...portion, fresh: before };
    return { ...portion, fresh: [...fresh.slice(0, 1)], ...partOf(position, some, isComplete, budgetOf(mostPairs)) };
  }
  const first = waited.slice(0, fresh.length === 0 ? 1 : 0);
  const others = waited.slice(first.length).filter(({ position }) => budget.take(candidates.get(position) ?? []));
  const position = next.last?.position ?? next.start;
  return { fresh, waited: [...first, ...others], position, automation_id: "", isWhole: true, candidates };
}

interface Budget {
  /** Takes these from what is left, if they fit. */
  readonly take: (some: readonly Candidate[]) => boolean;
}

function budgetOf(most: number): Budget {
  let pairs = most;
  let bytes = mostBytes;
  return {
    take(some) {
      const needed = some.reduce((sum, one) => sum + 2 * one.bytes + firingBytes, 0);
      if (some.length > pairs || needed > bytes) return false;
      pairs -= some.length;
      bytes -= needed;
      return true;
    },
  };
}

/** The first automations of an event that has more than fit; at least one, with all of its triggers. */
function partOf(
  position: number,
  some: readonly Candidate[],
  isComplete: boolean,
  budget: Budget,
): Pick<Portion, "position" | "automation_id" | "candidates"> {
  const groups = [...Map.groupBy(some, ({ automation_id }) => automation_id).values()];
  const known = isComplete || groups.length === 1 ? groups : groups.slice(0, -1);
  const end = known.findIndex((group, i) => !budget.take(group) && i > 0);
  const part = end < 0 ? known : known.slice(0, end);
  const taken = part.flat();
  const isAll = isComplete && part.length === groups.length;
  return {
    position: isAll ? position : position - 1,
    automation_id: isAll ? "" : (taken.at(-1)?.automation_id ?? ""),
    candidates: new Map([[position, taken]]),
  };
}

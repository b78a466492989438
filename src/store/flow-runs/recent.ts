import { carriesResult, isFinal } from "../../domain/states.ts";
import { stringifyJson } from "../../lib/json.ts";
import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import type { FlowRunFacts } from "./facts.ts";

/**
 * What this isolate itself has just written about flow runs. It is a guess at the facts of the next transition, which spares the round
 * trip that loads them: the write that follows applies only if the guess still holds, and brings the facts along if not. Losing it, or
 * being another isolate, costs that round trip and nothing else; it is never an answer.
 */
export interface RecentFlowRuns {
  /** Returns the guess and forgets it: one transition uses it. */
  take(id: string, now: Micros): FlowRunFacts | null;
  /** Remembers the facts if they can be guarded by the run's own row. */
  put(facts: FlowRunFacts, now: Micros): void;
}

const lifetime = fromSecondsDuration(30);

interface Entry {
  readonly facts: FlowRunFacts;
  readonly size: number;
  readonly at: Micros;
}

/** An isolate has 128 MB for everything: in characters of JSON, about. */
const usualCapacity = 4_000_000;

/** Returns a memory of so many characters of facts; the oldest go first. Names of related things in it may be as old as an entry lives. */
export function recentFlowRuns(capacity = usualCapacity): RecentFlowRuns {
  const entries = new Map<string, Entry>();
  let size = 0;
  const remove = (id: string): Entry | undefined => {
    const entry = entries.get(id);
    entries.delete(id);
    size -= entry?.size ?? 0;
    return entry;
  };
  return {
    take(id, now) {
      const entry = remove(id);
      return entry !== undefined && now - entry.at < lifetime ? entry.facts : null;
    },
    put(given, now) {
      const { id } = given.stored.run;
      remove(id);
      if (!isGuardable(given)) return;
      const facts = withoutInput(given);
      const added = stringifyJson(facts).length;
      if (added > capacity / 10) return;
      for (const oldest of entries.keys()) {
        if (size + added <= capacity) break;
        remove(oldest);
      }
      entries.set(id, { facts, size: added, at: now });
      size += added;
    },
  };
}

// No rule looks at what a run is given to work with, and that may be half a megabyte.
const withoutInput = (facts: FlowRunFacts): FlowRunFacts => ({
  ...facts,
  stored: { ...facts.stored, run: { ...facts.stored.run, parameters: {}, context: {}, job_variables: null, labels: null } },
});

// Slots, results and input may change while the run's row stays the same.
function isGuardable({ stored, initial_state, deployment, lease }: FlowRunFacts): boolean {
  if (initial_state === null || isFinal(initial_state) || initial_state.type === "PAUSED") return false;
  if (carriesResult(initial_state.data) || lease !== null || stored.run.concurrency_limit_id !== null) return false;
  return stored.run.deployment_id === null || (deployment !== null && deployment.concurrency_limit === null);
}

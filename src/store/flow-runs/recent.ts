import { carriesResult, isFinal } from "../../domain/states.ts";
import { fromSecondsDuration, type Micros } from "../../schemas/time.ts";
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

/** Returns a memory of so many runs; the oldest goes first. Names of related things in it may be as old as an entry lives. */
export function recentFlowRuns(capacity = 2000): RecentFlowRuns {
  const entries = new Map<string, { readonly facts: FlowRunFacts; readonly at: Micros }>();
  return {
    take(id, now) {
      const entry = entries.get(id);
      entries.delete(id);
      return entry !== undefined && now - entry.at < lifetime ? entry.facts : null;
    },
    put(facts, now) {
      if (!isGuardable(facts)) return;
      const [oldest] = entries.keys();
      if (entries.size >= capacity && oldest !== undefined) entries.delete(oldest);
      entries.set(facts.stored.run.id, { facts, at: now });
    },
  };
}

// Slots, results and input may change while the run's row stays the same.
function isGuardable({ stored, initial_state, deployment, lease }: FlowRunFacts): boolean {
  if (initial_state === null || isFinal(initial_state) || initial_state.type === "PAUSED") return false;
  if (carriesResult(initial_state.data) || lease !== null || stored.run.concurrency_limit_id !== null) return false;
  return stored.run.deployment_id === null || (deployment !== null && deployment.concurrency_limit === null);
}

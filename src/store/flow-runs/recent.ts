import { hasPersistedResult, isFinal } from "../../domain/states.ts";
import { stringifyJson } from "../../lib/json.ts";
import { recentValues } from "../../lib/recent-values.ts";
import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import type { FlowRunFacts } from "./facts.ts";

/**
 * Per-isolate optimistic cache of run facts, for runs that this isolate has just written: it saves the round trip that loads the
 * facts of the next transition. Every use is verified by the guarded write, which returns the current facts where it fails. A
 * miss costs one round trip.
 */
export interface RecentFlowRuns {
  /** Returns and removes the facts: one transition uses them. */
  take(id: string, now: Micros): FlowRunFacts | null;
  /** Stores the facts if a guard on the run's own row can verify them. */
  put(facts: FlowRunFacts, now: Micros): void;
}

const lifetime = fromSecondsDuration(30);

/** In characters of JSON; an isolate has 128 MB. */
const defaultCapacity = 4_000_000;

/**
 * Returns a cache of so many characters of facts, which evicts the oldest. Names of related objects may be as old as an entry's
 * lifetime.
 */
export function recentFlowRuns(capacity = defaultCapacity): RecentFlowRuns {
  const recent = recentValues<FlowRunFacts>({ capacity, lifetime });
  return {
    take(id, now) {
      const facts = recent.get(id, now);
      recent.remove(id);
      return facts;
    },
    put(given, now) {
      const { id } = given.stored.run;
      recent.remove(id);
      if (!isVerifiable(given)) return;
      const facts = withoutInput(given);
      recent.put(id, facts, stringifyJson(facts).length, now);
    },
  };
}

// No rule depends on these columns, and they may have half a megabyte.
const withoutInput = (facts: FlowRunFacts): FlowRunFacts => ({
  ...facts,
  stored: { ...facts.stored, run: { ...facts.stored.run, parameters: {}, context: {}, job_variables: null, labels: null } },
});

// Slots, results and inputs may change while the run's row stays the same.
function isVerifiable({ stored, initial_state, deployment, lease }: FlowRunFacts): boolean {
  if (initial_state === null || isFinal(initial_state) || initial_state.type === "PAUSED") return false;
  if (hasPersistedResult(initial_state.data) || lease !== null || stored.run.concurrency_limit_id !== null) return false;
  return stored.run.deployment_id === null || (deployment !== null && deployment.concurrency_limit === null);
}

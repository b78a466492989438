import { hasPersistedResult, isFinal } from "../../domain/states.ts";
import { stringifyJson } from "../../lib/json.ts";
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

interface Entry {
  readonly facts: FlowRunFacts;
  readonly size: number;
  readonly at: Micros;
}

/** In characters of JSON; an isolate has 128 MB. */
const defaultCapacity = 4_000_000;

/**
 * Returns a cache of so many characters of facts, which evicts the oldest. Names of related objects may be as old as an entry's
 * lifetime.
 */
export function recentFlowRuns(capacity = defaultCapacity): RecentFlowRuns {
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
      if (!isVerifiable(given)) return;
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

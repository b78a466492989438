import { collectBlockDocumentIds } from "../../domain/parameters/job-templates.ts";
import { stringifyJson } from "../../lib/json.ts";
import { recentValues } from "../../lib/recent-values.ts";
import { fromSecondsDuration, type Micros } from "../../lib/time.ts";
import type { DeploymentRunFacts } from "./run-facts.ts";

/**
 * Per-isolate optimistic cache of the facts from which runs of a deployment are created: it saves the round trip that loads them. Every
 * use is verified by the guarded write (`runFactsHold`). A miss costs one round trip, facts that no longer hold cost two.
 */
export interface RecentDeployments {
  /** Returns the facts of a deployment for a request that refers to nothing else. */
  get(id: string, now: Micros): DeploymentRunFacts | null;
  /** Stores the facts if a guard on the rows of deployment, flow, queue and pool can verify them. */
  put(facts: DeploymentRunFacts, now: Micros): void;
  /** Notes that the facts were still true. */
  renew(id: string, now: Micros): void;
  remove(id: string): void;
}

const lifetime = fromSecondsDuration(30);

/** In characters of JSON; an isolate has 128 MB. */
const defaultCapacity = 2_000_000;

/** Returns a cache of so many characters of facts, which evicts the oldest. */
export function recentDeployments(capacity = defaultCapacity): RecentDeployments {
  const recent = recentValues<DeploymentRunFacts>({ capacity, lifetime });
  return {
    get: recent.get,
    renew: recent.renew,
    remove: recent.remove,
    put(given, now) {
      const { id } = given.deployment;
      recent.remove(id);
      if (!isVerifiable(given)) return;
      const facts = withoutReferences(given);
      recent.put(id, facts, stringifyJson([facts.deployment, facts.flow, facts.work_pool]).length, now);
    },
  };
}

// No run depends on these columns; the others are what one request referred to.
const withoutReferences = (facts: DeploymentRunFacts): DeploymentRunFacts => ({
  ...facts,
  deployment: { ...facts.deployment, description: null, pull_steps: null },
  queues: new Map(),
  parents: new Map(),
  block_ids: new Set(),
  variables: new Map(),
});

// Variables and blocks may change while the rows stay the same.
const isVerifiable = ({ deployment, work_pool }: DeploymentRunFacts): boolean =>
  !stringifyJson(deployment.parameters).includes("__prefect_kind") &&
  (work_pool === null || collectBlockDocumentIds(work_pool.base_job_template).length === 0);

import { parametersOfRun, type RunRefusal } from "../domain/deployments/run.ts";
import { collectVariableNames } from "../domain/parameters/placeholders.ts";
import { type References, wantedTogether } from "../domain/parameters/references.ts";
import { withinOneBudget } from "../domain/parameters/within-one-budget.ts";
import type { Creator } from "../domain/principal.ts";
import { propose } from "../domain/states.ts";
import { surroundings } from "../domain/surroundings.ts";
import { isJsonObject } from "../lib/json.ts";
import type { DeploymentFlowRunCreate } from "../schemas/deployments.ts";
import { ConstraintViolation, type Sql } from "../store/client.ts";
import { storeRunsFromCachedFacts, storeRunsOfDeployment } from "../store/deployments/create-runs.ts";
import type { RecentDeployments } from "../store/deployments/recent.ts";
import { type DeploymentRunFacts, loadRunFacts, type RunReferences } from "../store/deployments/run-facts.ts";
import type { NewFlowRun } from "../store/flow-runs/create.ts";
import type { StoredFlowRun } from "../store/flow-runs/rows.ts";
import { newQueueInPool } from "../store/work-queues/create.ts";
import { buildFlowRun, factsOfNew } from "./create-flow-run.ts";
import { loadBlocks } from "./load-blocks.ts";
import type { Client, FlowRunDeps } from "./set-flow-run-state.ts";

type Deps = FlowRunDeps & { readonly recentDeployments: RecentDeployments };

/** A request for runs of a deployment. */
export interface RunDeployment {
  readonly deployment_id: string;
  readonly runs: readonly DeploymentFlowRunCreate[];
  readonly created_by: Creator | null;
  readonly client: Client;
}

/** The outcome of one requested run: the run with its idempotency key, or the reason of the refusal. */
export type RunOutcome =
  | { readonly kind: "written"; readonly stored: StoredFlowRun; readonly created: boolean }
  | { readonly kind: "refused"; readonly refusal: RunRefusal };

const attempts = 3;

/**
 * Creates flow runs of a deployment, each decided separately; null if there is no such deployment. Two round trips, however many runs:
 * their facts, then all runs with the queues that they create; one where the facts in this isolate's cache are still current. Throws
 * ConstraintViolation where a single run cannot be stored.
 */
export async function runDeployment(deps: Deps, wanted: RunDeployment): Promise<RunOutcome[] | null> {
  const references = referencesOf(wanted);
  return (await runFromCache(deps, wanted, references)) ?? (await runFromFacts(deps, wanted, references));
}

function referencesOf({ runs }: RunDeployment): RunReferences {
  const queue_names = [...new Set(runs.flatMap(({ work_queue_name }) => work_queue_name || []))];
  const parent_ids = [...new Set(runs.flatMap(({ parent_task_run_id }) => parent_task_run_id ?? []))];
  const block_ids = [...new Set(runs.flatMap(({ infrastructure_document_id }) => infrastructure_document_id ?? []))];
  const variables = withinOneBudget(() => wantedTogether(runs.map(({ parameters }) => collectVariableNames(parameters))));
  return { queue_names, parent_ids, block_ids, variables };
}

const refersToNothing = ({ queue_names, parent_ids, block_ids, variables }: RunReferences): boolean =>
  queue_names.length + parent_ids.length + block_ids.length + variables.names.length === 0 && !variables.all;

// A refusal is never decided from cached facts: only a guarded write proves that they are current.
async function runFromCache(deps: Deps, wanted: RunDeployment, references: RunReferences): Promise<RunOutcome[] | null> {
  const { deployment_id, runs } = wanted;
  const { recentDeployments } = deps;
  const cached = runs.length > 0 && refersToNothing(references) ? recentDeployments.get(deployment_id, deps.now()) : null;
  if (cached === null) return null;
  const facts = { ...cached, blocks: new Map() };
  const queues = new Queues(facts, deps);
  const built = withinOneBudget(() => runs.map((run) => buildRun(deps, { ...wanted, run }, facts, queues)));
  if (built.some(isRefusal)) return null;
  const outcomes = await store(deps, built, (news) => storeRunsFromCachedFacts(deps.db, news, cached));
  if (outcomes === null) recentDeployments.remove(deployment_id);
  else recentDeployments.renew(deployment_id, deps.now());
  return outcomes;
}

async function runFromFacts(deps: Deps, wanted: RunDeployment, references: RunReferences): Promise<RunOutcome[] | null> {
  const { deployment_id, runs } = wanted;
  for (let attempt = 1; ; attempt++) {
    const readAt = deps.now();
    const facts = await loadRunFacts(deps.db, deployment_id, references);
    if (facts === null) return null;
    deps.recentDeployments.put(facts, readAt);
    const blocks = await loadBlocks(deps.db, facts.work_pool?.base_job_template ?? null);
    const queues = new Queues(facts, deps);
    const built = withinOneBudget(() => runs.map((run) => buildRun(deps, { ...wanted, run }, { ...facts, blocks }, queues)));
    try {
      return await store(deps, built, (news) => storeRunsOfDeployment(deps.db, news, queues.statements));
    } catch (error) {
      // Another request may have created one of the queues meanwhile, under another id.
      if (!isMissingReference(error) || queues.statements.length === 0 || attempt === attempts) throw error;
    }
  }
}

const isMissingReference = (error: unknown): boolean => error instanceof ConstraintViolation && error.kind === "foreign_key";

type BuiltRun = NewFlowRun | RunRefusal;
const isRefusal = (built: BuiltRun): built is RunRefusal => "kind" in built;

/** Stores the runs that are not refused by `write`; null where it wrote nothing. */
async function store(
  { db, recent }: Deps,
  built: readonly BuiltRun[],
  write: (news: readonly NewFlowRun[]) => Promise<readonly StoredFlowRun[] | null>,
): Promise<RunOutcome[] | null> {
  const news = built.filter((one): one is NewFlowRun => !isRefusal(one));
  const [one] = news;
  if (built.length === 1 && one !== undefined) db.about({ id: one.row.id });
  const stored = news.length === 0 ? [] : await write(news);
  if (stored === null) return null;
  let next = 0;
  return built.map((one): RunOutcome => {
    if (isRefusal(one)) return { kind: "refused", refusal: one };
    const found = stored[next++];
    if (found === undefined) throw new Error("a flow run went while it was made");
    const created = found.run.id === one.row.id;
    if (created) recent.put(factsOfNew(one), one.now);
    return { kind: "written", stored: found, created };
  });
}

/** The requested queues of the deployment's pool; missing ones are created, each once. */
class Queues {
  readonly statements: Sql[] = [];
  readonly #known: Map<string, { id: string; name: string }>;
  readonly #facts: DeploymentRunFacts;
  readonly #deps: Deps;
  constructor(facts: DeploymentRunFacts, deps: Deps) {
    this.#facts = facts;
    this.#deps = deps;
    this.#known = new Map(facts.queues);
  }
  named(name: string): { id: string; name: string } | null {
    const known = this.#known.get(name);
    const pool = this.#facts.work_pool;
    if (known !== undefined || pool === null) return known ?? null;
    const made = { id: this.#deps.newId(), name };
    this.statements.push(...newQueueInPool({ ...made, work_pool_id: pool.id }, this.#deps));
    this.#known.set(name, made);
    return made;
  }
}

type WantedRun = Omit<RunDeployment, "runs"> & { readonly run: DeploymentFlowRunCreate };

function buildRun(
  deps: Deps,
  { run, created_by, client }: WantedRun,
  facts: DeploymentRunFacts & References,
  queues: Queues,
): BuiltRun {
  const { deployment, flow, work_pool, parents, notifies } = facts;
  const judged = parametersOfRun({ ...deployment, base_job_template: work_pool?.base_job_template ?? null }, run, facts);
  if ("kind" in judged) return judged;
  if (run.work_queue_name && work_pool === null) return { kind: "work_pool_missing", message: run.work_queue_name };
  const { parent_task_run_id } = run;
  const parent = parent_task_run_id === null ? null : (parents.get(parent_task_run_id) ?? null);
  const block = run.infrastructure_document_id;
  if ((parent_task_run_id !== null && parent === null) || (block !== null && !facts.block_ids.has(block)))
    return { kind: "integrity_violated", message: "The run refers to something that does not exist." };
  const queue = run.work_queue_name ? queues.named(run.work_queue_name) : facts.work_queue;
  const { enforce_parameter_schema: _, work_queue_name, ...members } = run;
  const labels = isJsonObject(deployment.labels) ? deployment.labels : {};
  const blueprint = {
    ...members,
    flow_id: deployment.flow_id,
    flow_version: null,
    deployment_id: deployment.id,
    deployment_version: deployment.version,
    parameters: judged.parameters,
    state: run.state ?? propose("SCHEDULED"),
    tags: [...new Set([...deployment.tags, ...run.tags])],
    idempotency_key: run.idempotency_key || null,
    infrastructure_document_id: run.infrastructure_document_id ?? deployment.infrastructure_document_id,
    work_queue_name: work_queue_name || deployment.work_queue_name,
    // As in the reference: with an idempotency key, a null that was sent stays null.
    job_variables: run.job_variables ?? (run.job_variables === null && run.idempotency_key ? null : {}),
    created_by,
  };
  const { id, name, tags } = deployment;
  const related = { flow, deployment: { id, name, tags, labels }, work_pool, work_queue: queue, parent, notifies };
  return buildFlowRun(blueprint, related, client, surroundings(deps));
}

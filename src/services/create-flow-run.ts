import { decideFlowRunState } from "../domain/orchestration/decide.ts";
import { readFlowRunPolicy } from "../domain/orchestration/empirical-policy.ts";
import type { Creator } from "../domain/principal.ts";
import { generateSlug } from "../domain/slugs.ts";
import { propose, type StateProposal } from "../domain/states.ts";
import type { Surroundings } from "../domain/surroundings.ts";
import { surroundings } from "../domain/surroundings.ts";
import type { JsonObject } from "../lib/json.ts";
import type { FlowRunCreate } from "../schemas/flow-runs.ts";
import { type NewFlowRun, createFlowRun as storeFlowRun } from "../store/flow-runs/create.ts";
import { type CreationFacts, loadCreationFacts, relatedTo } from "../store/flow-runs/creation-facts.ts";
import type { FlowRunFacts } from "../store/flow-runs/facts.ts";
import type { StoredFlowRun } from "../store/flow-runs/rows.ts";
import type { FlowRunRow } from "../store/tables/flow-runs.ts";
import { type Client, type FlowRunDeps, forcedParent, parentAfter } from "./set-flow-run-state.ts";

/** The requested columns of a new run; the other columns follow from the facts. */
export interface FlowRunBlueprint {
  readonly flow_id: string;
  readonly name: string | null;
  readonly state: StateProposal | null;
  readonly deployment_id: string | null;
  readonly deployment_version: string | null;
  readonly flow_version: string | null;
  readonly work_queue_name: string | null;
  readonly parameters: JsonObject;
  readonly context: JsonObject;
  readonly tags: readonly string[];
  readonly labels: JsonObject | null;
  readonly empirical_policy: unknown;
  readonly parent_task_run_id: string | null;
  readonly infrastructure_document_id: string | null;
  readonly idempotency_key: string | null;
  readonly job_variables: JsonObject | null;
  readonly created_by: Creator | null;
}

/** Returns a new flow run with its first state decided; the objects that it refers to must exist. */
export function buildFlowRun(
  blueprint: FlowRunBlueprint,
  facts: CreationFacts,
  client: Client,
  around: Surroundings,
): NewFlowRun {
  const { state, name, labels, ...members } = blueprint;
  const id = around.newId();
  const bare: FlowRunRow = {
    ...members,
    ...untouched,
    id,
    created: around.now,
    updated: around.now,
    name: name === null || name === "" ? generateSlug(around.random) : name,
    labels: { ...inheritedLabels(facts, blueprint.flow_id), ...labels },
    tags: [...members.tags],
    empirical_policy: readFlowRunPolicy(members.empirical_policy),
    work_queue_id: facts.work_queue?.id ?? null,
  };
  const context = {
    ...around,
    ...client,
    run: bare,
    initial_state: null,
    deployment: null,
    lease: null,
    related: relatedTo(facts),
  };
  const decision = decideFlowRunState(context, state ?? propose("PENDING"), { force: true });
  const parent = facts.parent === null ? null : forcedParent(decision, facts.parent, around);
  return { row: { ...bare, ...decision.run_changes }, decision, parent, facts, now: around.now };
}

/** Returns the facts of a run that was just stored, for `RecentFlowRuns`; the guard of its next write checks the deployment's limit. */
export function factsOfNew({ row, decision, parent, facts }: NewFlowRun): FlowRunFacts {
  const { work_queue, work_pool } = facts;
  return {
    stored: { run: row, state: null, work_queue, work_pool },
    initial_state: decision.written,
    deployment: row.deployment_id === null ? null : { id: row.deployment_id, concurrency_limit: null, concurrency_options: null },
    lease: null,
    parent: facts.parent === null || parent === null ? facts.parent : parentAfter(facts.parent, parent),
    related: relatedTo(facts),
    input_schema: null,
    notifies: facts.notifies,
  };
}

const untouched = {
  state_id: null,
  state_type: null,
  state_name: null,
  state_timestamp: null,
  run_count: 0,
  expected_start_time: null,
  next_scheduled_start_time: null,
  start_time: null,
  end_time: null,
  total_run_time: 0,
  auto_scheduled: false,
  infrastructure_pid: null,
  concurrency_limit_id: null,
};

// The labels of the deployment, if there is one, replace the flow's (`prefect/server/models/flow_runs.py with_system_labels_for_flow_run`).
const inheritedLabels = ({ flow, deployment }: CreationFacts, flow_id: string): JsonObject =>
  deployment === null
    ? { ...flow?.labels, "prefect.flow.id": flow_id }
    : { ...deployment.labels, "prefect.flow.id": flow_id, "prefect.deployment.id": deployment.id };

export type FlowRunCreation =
  | { readonly kind: "written"; readonly stored: StoredFlowRun; readonly created: boolean }
  | { readonly kind: "no_work_pool"; readonly name: string }
  | { readonly kind: "no_work_queue"; readonly pool: string; readonly name: string };

export interface CreateFlowRun {
  readonly create: FlowRunCreate;
  readonly created_by: Creator | null;
  readonly client: Client;
}

/** Creates a flow run as `POST /flow_runs/` does. Throws ConstraintViolation where flow or parent task run do not exist. */
export async function createFlowRun(deps: FlowRunDeps, request: CreateFlowRun): Promise<FlowRunCreation> {
  const { create, created_by, client } = request;
  const { work_pool_name, work_queue_name } = create;
  const facts = await loadCreationFacts(deps.db, create);
  if (work_pool_name !== null && facts.work_pool === null) return { kind: "no_work_pool", name: work_pool_name };
  if (work_pool_name !== null && facts.work_queue === null)
    return { kind: "no_work_queue", pool: work_pool_name, name: work_queue_name ?? "default" };
  const { work_pool_name: _, job_variables, ...members } = create;
  const blueprint = {
    ...members,
    // As in the reference: with an idempotency key and without job variables, job_variables stays null.
    job_variables: job_variables ?? (create.idempotency_key === null ? {} : null),
    idempotency_key: create.idempotency_key === "" ? null : create.idempotency_key,
    deployment_version: null,
    created_by,
  };
  const built = buildFlowRun(blueprint, facts, client, surroundings(deps));
  deps.db.about({ id: built.row.id });
  const { stored, created } = await storeFlowRun(deps.db, built);
  if (created) deps.recent.put(factsOfNew(built), built.now);
  return { kind: "written", stored, created };
}

import { deploymentDifference } from "../domain/deployments/changes.ts";
import { columnsOfCreate, columnsOfUpdate, type DeploymentColumns, defaultColumns } from "../domain/deployments/columns.ts";
import { type ParameterRefusal, refusalOf } from "../domain/deployments/parameters.ts";
import { planSchedules, type SchedulePlan } from "../domain/deployments/schedule-updates.ts";
import { checkVariablesOfUpdate, type JobVerdict, validateJobVariables } from "../domain/parameters/job-templates.ts";
import { collectVariableNames, hydrateParameters } from "../domain/parameters/placeholders.ts";
import type { Creator, Principal } from "../domain/principal.ts";
import { completeSchedule, refusalOfSchedules } from "../domain/schedules/index.ts";
import type { Sources } from "../domain/surroundings.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { DeploymentCreate, DeploymentScheduleCreate, DeploymentUpdate } from "../schemas/deployments.ts";
import type { StoredSchedule } from "../schemas/schedules.ts";
import type { Database } from "../store/client.ts";
import type { StoredDeployment } from "../store/deployments/rows.ts";
import type { NewSchedule } from "../store/deployments/schedules.ts";
import { commitDeployment, type DeploymentWrite, type LimitChange, type ScheduleWrites } from "../store/deployments/write.ts";
import { type CreationFacts, loadCreationFacts, loadUpdateFacts, type UpdateFacts } from "../store/deployments/write-facts.ts";
import type { QueueAddress } from "../store/work-queues/create.ts";
import { loadBlocks } from "./load-blocks.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

type Deps = Sources & { readonly db: Database };
type UpdateDeps = Deps & { readonly principal: Principal | null };

/** Why a deployment was not written. A `reason` is what a validation says in the reference's words. */
export type DeploymentRefusal =
  | { readonly kind: "not_found" }
  | { readonly kind: "work_pool_not_found"; readonly name: string }
  | { readonly kind: "concurrency_limit_not_found" }
  /** `what` names a block document that does not exist. */
  | { readonly kind: "block_missing"; readonly what: "infrastructure" | "storage"; readonly id: string }
  /** A default of the work pool's template names a block document that does not exist. */
  | { readonly kind: "template_block_missing"; readonly reason: string }
  | {
      readonly kind: "job_variables_invalid";
      readonly reason: string;
      readonly fault: "value" | "schema";
      readonly of: "create" | "update";
    }
  | { readonly kind: "parameters_not_hydrated"; readonly reason: string }
  | { readonly kind: "parameters_invalid"; readonly reason: string; readonly fault: ParameterRefusal["kind"] }
  | { readonly kind: "schedules_refused"; readonly reason: string }
  /** A null where the table has none, or an update that names a missing block. */
  | { readonly kind: "integrity_violated" };

export type DeploymentWritten =
  | { readonly kind: "written"; readonly stored: StoredDeployment; readonly created: boolean }
  | DeploymentRefusal;

/**
 * Creates a deployment, or changes the one of that name: what is not sent stays, but for schedules and parameters.
 * Two round trips: look, then write. Throws ConstraintViolation where the flow does not exist or a slug comes twice.
 */
export const createDeployment = (deps: Deps, create: DeploymentCreate, creator: Creator | null): Promise<DeploymentWritten> =>
  untilCommitted(deps, async () => {
    const queue = wantedQueue(create);
    const { flow_id, name } = create;
    const concurrency_limit_id = create.global_concurrency_limit_id ?? null;
    const facts = await loadCreationFacts(deps.db, { flow_id, name, queue, concurrency_limit_id, block_ids: blocksOf(create) });
    const schedules = create.schedules.map((schedule) => newSchedule(schedule, deps));
    const refusal = (await refusalOfCreation(deps.db, create, facts)) ?? refusalOfDates(schedules, deps);
    if (refusal !== null) return refusal;
    const { existing, flow_labels } = facts;
    const set = columnsOfCreate(create, { id: flow_id, labels: flow_labels });
    const limit = limitChange(create.concurrency_limit, set, existing, deps.newId);
    const made = existing === null ? { ...defaultColumns, ...sentOf(set), ...limitColumn(limit), name, flow_id } : null;
    const write: DeploymentWrite = {
      id: existing?.id ?? deps.newId(),
      existing,
      set: { ...set, ...limitColumn(limit) },
      queue,
      limit,
      schedules: { ...noSchedules, removeAll: existing !== null, create: schedules },
      creator,
      difference: existing && deploymentDifference(existing, { ...set, ...limitColumn(limit), ...queueColumn(queue, facts) }),
    };
    deps.db.about({ id: write.id, name });
    const stored = await commitDeployment(deps.db, write, made, deps);
    if (stored === changedMeanwhile) return stored;
    return stored === null ? changedMeanwhile : { kind: "written", stored, created: made !== null };
  });

async function refusalOfCreation(
  db: Database,
  create: DeploymentCreate,
  facts: CreationFacts,
): Promise<DeploymentRefusal | null> {
  const { work_pool_name, job_variables = {} } = create;
  if (work_pool_name && facts.pool === null) return { kind: "work_pool_not_found", name: work_pool_name };
  if (work_pool_name && Object.keys(job_variables).length > 0) {
    const template = templateOf(facts);
    const blocks = await loadBlocks(db, template);
    const verdict = validateJobVariables({ template, blocks, layers: [job_variables], ignoreRequired: true });
    if (!verdict.ok) return invalidVariables(verdict, "create");
  }
  if (create.global_concurrency_limit_id && !facts.limit_exists) return { kind: "concurrency_limit_not_found" };
  for (const what of ["infrastructure", "storage"] as const) {
    const id = create[`${what}_document_id`];
    if (id && !facts.block_ids.has(id)) return { kind: "block_missing", what, id };
  }
  return null;
}

type NamesBlocks = {
  readonly infrastructure_document_id?: string | null | undefined;
  readonly storage_document_id?: string | null | undefined;
};

const blocksOf = ({ infrastructure_document_id, storage_document_id }: NamesBlocks): string[] =>
  [infrastructure_document_id, storage_document_id].filter((id) => id != null);

const invalidVariables = (verdict: Exclude<JobVerdict, { ok: true }>, of: "create" | "update"): DeploymentRefusal =>
  verdict.kind === "block"
    ? { kind: "template_block_missing", reason: verdict.message }
    : { kind: "job_variables_invalid", reason: verdict.message, fault: verdict.kind === "value" ? "value" : "schema", of };

/**
 * Changes what was sent of a deployment. Two round trips: look, then write. Throws ConstraintViolation for a slug or the name of a
 * limit that is taken.
 */
export const updateDeployment = (deps: UpdateDeps, id: string, update: DeploymentUpdate): Promise<DeploymentWritten> =>
  untilCommitted(deps, async () => {
    const queue = update.work_pool_name === null ? "none" : wantedQueue(update);
    const reference = {
      queue: queue === "none" ? null : queue,
      concurrency_limit_id: update.global_concurrency_limit_id ?? null,
      block_ids: blocksOf(update),
      variables: collectVariableNames(update.parameters),
    };
    const facts = await loadUpdateFacts(deps.db, id, reference);
    if (facts === null) return { kind: "not_found" };
    const { existing } = facts;
    const plan = update.schedules === undefined ? null : planSchedules(facts.schedules, update.schedules);
    const decided = decideUpdate(update, plan, facts);
    if ("kind" in decided) return decided;
    const schedules = plan === null ? noSchedules : scheduleWrites(plan, deps);
    const endless = refusalOfDates([...schedules.create, ...schedules.change.map(({ change }) => change)], deps);
    if (endless !== null) return endless;
    const set = columnsOfUpdate({ ...update, ...decided });
    const limit = limitChange(update.concurrency_limit, set, existing, deps.newId);
    const after = { ...set, ...limitColumn(limit) };
    const write: DeploymentWrite = {
      id,
      existing,
      set: after,
      queue,
      limit,
      schedules,
      ...(deps.principal?.creator != null && { creator: deps.principal.creator }),
      difference: deploymentDifference(existing, { ...after, ...queueColumn(queue, facts) }),
    };
    const stored = await commitDeployment(deps.db, write, null, deps);
    if (stored === changedMeanwhile) return stored;
    return stored === null ? { kind: "not_found" } : { kind: "written", stored, created: false };
  });

/** Returns the parameters to store, undefined where none were sent, or the first refusal. */
function decideUpdate(
  update: DeploymentUpdate,
  plan: SchedulePlan | null,
  facts: UpdateFacts,
): DeploymentRefusal | { parameters: JsonObject | undefined } {
  const { existing, variables } = facts;
  if (plan?.kind === "refused") return { kind: "schedules_refused", reason: plan.message };
  if (update.work_pool_name) {
    if (facts.pool === null) return { kind: "work_pool_not_found", name: update.work_pool_name };
    const verdict = update.job_variables == null ? null : checkVariablesOfUpdate(templateOf(facts), update.job_variables);
    if (verdict !== null && !verdict.ok) return invalidVariables(verdict, "update");
  }
  const hydrated = update.parameters == null ? null : hydrateParameters({ parameters: update.parameters, variables });
  if (hydrated !== null && !hydrated.ok) return { kind: "parameters_not_hydrated", reason: hydrated.message };
  const parameters = hydrated === null ? existing.parameters : hydrated.parameters;
  if (!isJsonObject(parameters)) return { kind: "parameters_not_hydrated", reason: "the parameters are no object" };
  if (update.enforce_parameter_schema ?? existing.enforce_parameter_schema) {
    const refusal = refusalOfParameters(parameters, update.parameter_openapi_schema ?? existing.parameter_openapi_schema);
    if (refusal !== null) return refusal;
  }
  if (update.global_concurrency_limit_id && !facts.limit_exists) return { kind: "concurrency_limit_not_found" };
  const { infrastructure_document_id: infrastructure, storage_document_id: storage } = update;
  const isMissing = (block: string | null | undefined) => block != null && !facts.block_ids.has(block);
  const setsNull = update.parameters === null || update.enforce_parameter_schema === null;
  if (setsNull || isMissing(infrastructure) || isMissing(storage)) return { kind: "integrity_violated" };
  return { parameters: hydrated === null ? undefined : parameters };
}

function refusalOfParameters(parameters: JsonObject, schema: Json): DeploymentRefusal | null {
  const refusal = refusalOf(parameters, schema, { ignoreRequired: true });
  if (refusal === null) return null;
  const { kind, message } = refusal;
  return { kind: "parameters_invalid", reason: message, fault: kind };
}

/** Returns the queue that a body asks for; null if it names neither pool nor queue. An empty name is none. */
function wantedQueue(body: {
  work_pool_name?: string | null | undefined;
  work_queue_name?: string | null | undefined;
}): QueueAddress | null {
  const work_pool_name = body.work_pool_name || null;
  const work_queue_name = body.work_queue_name || null;
  return work_pool_name === null && work_queue_name === null ? null : { work_pool_name, work_queue_name };
}

const templateOf = ({ pool }: Pick<CreationFacts, "pool">): JsonObject => {
  const template = pool?.pool.base_job_template;
  return isJsonObject(template) ? template : {};
};

// A queue that the batch creates has no known id here; the statement of the event reads it from the row.
function queueColumn(queue: DeploymentWrite["queue"], { pool }: Pick<CreationFacts, "pool">): { work_queue_id?: string | null } {
  if (queue === null) return {};
  return { work_queue_id: queue === "none" ? null : (pool?.queue_id ?? "") };
}

const sentOf = (set: Partial<DeploymentColumns>): Partial<DeploymentColumns> =>
  Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));

function limitChange(
  wanted: number | null | undefined,
  set: Partial<DeploymentColumns>,
  existing: { readonly concurrency_limit_id: string | null } | null,
  newId: () => string,
): LimitChange {
  // Null beside a shared limit takes nothing away (the reference deletes the limit that the same request points to).
  if (wanted === undefined || (wanted === null && set.concurrency_limit_id)) return { kind: "keep" };
  const current = set.concurrency_limit_id === undefined ? (existing?.concurrency_limit_id ?? null) : set.concurrency_limit_id;
  if (wanted === null) return current === null ? { kind: "keep" } : { kind: "delete", id: current };
  return current === null ? { kind: "make", id: newId(), limit: wanted } : { kind: "change", id: current, limit: wanted };
}

function limitColumn(limit: LimitChange): { concurrency_limit_id?: string | null } {
  if (limit.kind === "make") return { concurrency_limit_id: limit.id };
  return limit.kind === "delete" ? { concurrency_limit_id: null } : {};
}

const noSchedules: ScheduleWrites = { removeAll: false, rename: [], change: [], create: [] };

const newSchedule = (
  { schedule, active, parameters, slug }: Pick<DeploymentScheduleCreate, "schedule" | "active" | "parameters" | "slug">,
  { now, newId }: Deps,
): NewSchedule => ({
  id: newId(),
  schedule: completeSchedule(schedule, now()),
  active,
  parameters,
  slug,
  // As in the reference, a schedule within a deployment's body does not keep its max_scheduled_runs.
  max_scheduled_runs: null,
});

function refusalOfDates(
  sent: readonly { readonly schedule: StoredSchedule | null }[],
  { now }: Pick<Deps, "now">,
): DeploymentRefusal | null {
  const message = refusalOfSchedules(
    sent.flatMap(({ schedule }) => schedule ?? []),
    now(),
  );
  return message === null ? null : { kind: "schedules_refused", reason: message };
}

function scheduleWrites(plan: SchedulePlan, deps: Deps): ScheduleWrites {
  if (plan.kind === "refused") return noSchedules;
  const create = plan.create.map((sent) => newSchedule({ ...sent, active: sent.active ?? true }, deps));
  if (plan.kind === "replace") return { ...noSchedules, removeAll: true, create };
  const change = plan.change.map(({ id, update: { schedule, ...rest } }) => ({
    id,
    change: { ...rest, schedule: schedule === null ? null : completeSchedule(schedule, deps.now()) },
  }));
  return { removeAll: false, rename: plan.rename, change, create };
}

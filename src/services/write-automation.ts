import { type AutomationFault, faultsOfAutomation, loopOf, relatedResources } from "../domain/automations/refusals.ts";
import { automationEvent, type StoredAutomation } from "../domain/automations/shown.ts";
import { withNewIds } from "../domain/automations/triggers.ts";
import { collectBlockDocumentIds, type JobVerdict, validateJobVariables } from "../domain/parameters/job-templates.ts";
import type { Sources } from "../domain/surroundings.ts";
import type { JsonObject } from "../lib/json.ts";
import { guarded } from "../lib/json-schema/index.ts";
import type { Action } from "../schemas/automations/actions.ts";
import type { AutomationCreate, AutomationUpdate } from "../schemas/automations/automations.ts";
import { readJobTemplates } from "../store/automations/facts.ts";
import { readAutomation } from "../store/automations/read.ts";
import { deleteAutomation, insertAutomation, updateAutomation } from "../store/automations/write.ts";
import type { Database } from "../store/client.ts";
import type { AutomationRow } from "../store/tables/automations.ts";
import { loadBlockData } from "./load-blocks.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

type Deps = Sources & { readonly db: Database };

/** Why an automation was not written. A `reason` is what a validation says in the reference's words. */
export type AutomationRefusal =
  | { readonly kind: "not_found" }
  | { readonly kind: "invalid"; readonly faults: readonly AutomationFault[] }
  | { readonly kind: "deployment_not_found" }
  /** A default of the work pool's template names a block document that does not exist. */
  | { readonly kind: "template_block_missing"; readonly reason: string }
  | { readonly kind: "job_variables_invalid" | "job_schema_invalid"; readonly reason: string };

export type AutomationWritten = { readonly kind: "written"; readonly row: AutomationRow } | AutomationRefusal;

const eventOf = (what: "created" | "updated" | "deleted", stored: StoredAutomation, { newId }: Deps, occurred: number) =>
  automationEvent(what, stored, { id: newId(), occurred });

/** Creates an automation: one round trip, one more (two with blocks) where job variables are to be checked. */
export async function createAutomation(deps: Deps, create: AutomationCreate): Promise<AutomationWritten> {
  const faults = faultsOfAutomation(create);
  if (faults.length > 0) return { kind: "invalid", faults };
  const isChecked = (variables: JsonObject) => Object.keys(variables).length > 0;
  const refusal = await refusalOfJobVariables(deps.db, create.actions, isChecked);
  if (refusal !== null) return refusal;
  const { owner_resource, trigger, ...rest } = create;
  const now = deps.now();
  const row = { id: deps.newId(), created: now, updated: now, ...rest, trigger: withNewIds(trigger, deps.newId) };
  const related = relatedResources(create.actions);
  deps.db.about({ id: row.id, name: row.name });
  await insertAutomation(deps.db, { row, owner: owner_resource, related, event: eventOf("created", row, deps, now) });
  return { kind: "written", row };
}

/** Replaces what was sent of an automation: two round trips, read, then write, and those of job variables as for `createAutomation`. */
export async function replaceAutomation(deps: Deps, id: string, update: AutomationUpdate): Promise<AutomationWritten> {
  // As in the reference, what is not sent is looked at as its default.
  const faults = faultsOfAutomation({ ...update, enabled: update.enabled ?? true });
  if (faults.length > 0) return { kind: "invalid", faults };
  const refusal = await refusalOfJobVariables(deps.db, update.actions, () => true);
  if (refusal !== null) return refusal;
  const { trigger, ...rest } = update;
  const sent = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const changes = { ...sent, trigger: withNewIds(trigger, deps.newId) };
  return change(deps, id, () => ({ changes, related: relatedResources(update.actions) }));
}

/**
 * Switches an automation on or off, `undefined`: leaves it as it is but checks it as one that is on. Two round trips. Its triggers
 * keep their ids, and what was counted for them stays.
 */
export const setAutomationEnabled = (deps: Deps, id: string, enabled: boolean | undefined): Promise<AutomationWritten> =>
  change(deps, id, (existing) => {
    const loop = loopOf({ ...existing, enabled: enabled ?? true });
    if (loop !== null) return { kind: "invalid", faults: [{ at: [], message: loop }] };
    return { changes: enabled === undefined ? {} : { enabled } };
  });

interface Decided {
  readonly changes: Partial<AutomationRow>;
  readonly related?: readonly string[];
}

const change = (
  deps: Deps,
  id: string,
  decide: (existing: AutomationRow) => Decided | AutomationRefusal,
): Promise<AutomationWritten> =>
  untilCommitted(deps, async () => {
    const existing = await readAutomation(deps.db, id);
    if (existing === null) return { kind: "not_found" };
    const decided = decide(existing);
    if ("kind" in decided) return decided;
    const updated = deps.now();
    const changes = { ...decided.changes, updated };
    const row = { ...existing, ...changes };
    const event = eventOf("updated", row, deps, updated);
    const isWritten = await updateAutomation(deps.db, { ...decided, existing, changes, event });
    return isWritten ? { kind: "written", row } : changedMeanwhile;
  });

/** Deletes an automation; returns false if there is none. Two round trips: its event tells all of it. */
export const removeAutomation = (deps: Deps, id: string): Promise<boolean> =>
  untilCommitted(deps, async () => {
    const existing = await readAutomation(deps.db, id);
    if (existing === null) return false;
    return (await deleteAutomation(deps.db, existing, eventOf("deleted", existing, deps, deps.now()))) || changedMeanwhile;
  });

// As in the reference, the variables of an action alone, without those of its deployment
// (`prefect/server/api/validation.py validate_job_variables_for_run_deployment_action`).
async function refusalOfJobVariables(
  db: Database,
  actions: readonly Action[],
  isChecked: (variables: JsonObject) => boolean,
): Promise<AutomationRefusal | null> {
  const runs = actions.flatMap((action) => {
    if (action.type !== "run-deployment" || action.deployment_id === null || action.job_variables === null) return [];
    return isChecked(action.job_variables) ? [{ deployment: action.deployment_id, variables: action.job_variables }] : [];
  });
  if (runs.length === 0) return null;
  const { pools, templates } = await readJobTemplates(db, [...new Set(runs.map(({ deployment }) => deployment))]);
  if (runs.some(({ deployment }) => !pools.has(deployment))) return { kind: "deployment_not_found" };
  const blocks = await loadBlockData(db, [...new Set([...templates.values()].flatMap(collectBlockDocumentIds))]);
  const verdicts = guarded<JobVerdict[]>(() =>
    runs.flatMap(({ deployment, variables }) => {
      const template = templates.get(pools.get(deployment) ?? "");
      if (template === undefined) return [];
      return [validateJobVariables({ template, blocks, layers: [variables], ignoreRequired: false })];
    }),
  );
  return Array.isArray(verdicts) ? refusalOfVerdicts(verdicts) : { kind: "job_schema_invalid", reason: verdicts.message };
}

function refusalOfVerdicts(verdicts: readonly JobVerdict[]): AutomationRefusal | null {
  const refused = verdicts.filter((verdict) => !verdict.ok);
  const other = refused.find(({ kind }) => kind !== "value");
  if (other !== undefined)
    return { kind: other.kind === "block" ? "template_block_missing" : "job_schema_invalid", reason: other.message };
  return refused.length === 0 ? null : { kind: "job_variables_invalid", reason: refused.map(({ message }) => message).join(" ") };
}

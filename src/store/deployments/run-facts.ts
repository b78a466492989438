import type { Variables, WantedVariables } from "../../domain/parameters/references.ts";
import { isJsonObject, type JsonObject, stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import { readExistingDocuments, selectExistingDocuments } from "../block-documents/facts.ts";
import type { Database, Sql } from "../client.ts";
import { hasNoPolicies, hasPolicies } from "../flow-run-notifications/queue.ts";
import { hasAsRead } from "../sql/guarded.ts";
import { type Cells, json, mapped, number, numberOrNull, only, optional, selection, text } from "../sql/selection.ts";
import { allOf, type Guard, raw, sql } from "../sql/tag.ts";
import { type DeploymentRow, deployment as deploymentTable } from "../tables/deployments.ts";
import { flow as flowTable } from "../tables/flows.ts";
import { workPool, workQueue } from "../tables/work-pools.ts";
import { type ParentTaskRun, parentTaskRun } from "../task-runs/parent.ts";
import { readVariableValues, selectVariablesOfStored, selectVariableValues } from "../variables/facts.ts";
import { deployments } from "./rows.ts";

interface Queue {
  readonly id: string;
  readonly name: string;
}

/** The facts from which runs of a deployment are created. */
export interface DeploymentRunFacts {
  readonly deployment: DeploymentRow;
  readonly flow: {
    readonly id: string;
    readonly name: string;
    readonly tags: readonly string[];
    readonly labels: JsonObject;
  };
  readonly work_queue: Queue | null;
  readonly work_pool: {
    readonly id: string;
    readonly name: string;
    readonly type: string;
    readonly base_job_template: JsonObject;
  } | null;
  /** The requested queues that exist in the deployment's pool, by name. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** The requested parent task runs that exist, by id. */
  readonly parents: ReadonlyMap<string, ParentTaskRun>;
  /** The requested block documents that exist. */
  readonly block_ids: ReadonlySet<string>;
  readonly variables: Variables;
  /** Whether there is an active notification policy. */
  readonly notifies: boolean;
  /** When flow and pool were changed last. */
  readonly versions: { readonly flow: Micros; readonly work_pool: Micros | null };
}

/** The objects that a request for runs refers to. */
export interface RunReferences {
  readonly queue_names: readonly string[];
  readonly parent_ids: readonly string[];
  readonly block_ids: readonly string[];
  /** Those that the requests name; those that the deployment's own parameters name are found with them. */
  readonly variables: WantedVariables;
}

const object = (expression: string): Cells<JsonObject> => mapped(json(expression), (value) => (isJsonObject(value) ? value : {}));
const texts = (expression: string): Cells<string[]> =>
  mapped(json(expression), (list) => (Array.isArray(list) ? list.filter((item) => typeof item === "string") : []));

const found = selection({
  deployment: deployments.cells("d"),
  flow: selection({ name: text("f.name"), tags: texts("f.tags"), labels: object("f.labels") }),
  work_queue: optional(selection({ id: text("q.id"), name: text("q.name") })),
  work_pool: optional(
    selection({
      id: text("p.id"),
      name: text("p.name"),
      type: text("p.type"),
      base_job_template: object("p.base_job_template"),
    }),
  ),
  notifies: hasPolicies,
  versions: selection({ flow: number("f.updated"), work_pool: numberOrNull("p.updated") }),
});

const selectDeployment = (id: string): Sql => sql`select ${found.columns}
  from deployment d join flow f on f.id = d.flow_id
  left join work_queue q on q.id = d.work_queue_id left join work_pool p on p.id = q.work_pool_id where d.id = ${id}`;

const queues = selection({ name: text("w.name"), id: text("w.id") });

const selectQueues = (
  names: readonly string[],
  deployment_id: string,
): Sql => sql`select ${queues.columns} from deployment d join work_queue q on q.id = d.work_queue_id
  join work_queue w on w.work_pool_id = q.work_pool_id and w.name in (select value from json_each(${stringifyJson(names)})) where d.id = ${deployment_id}`;

const parentsOf = only(parentTaskRun(raw("w.value")));

/** Returns the facts from which runs of a deployment are created, null if there is no such deployment; one round trip. */
export async function loadRunFacts(
  db: Database,
  deployment_id: string,
  { queue_names, parent_ids, block_ids, variables }: RunReferences,
): Promise<DeploymentRunFacts | null> {
  // Most requests refer to nothing: a statement that finds nothing is not sent. What the deployment itself names is known by the read only.
  const asked = new Map<string, Sql>([
    ["deployment", selectDeployment(deployment_id)],
    ["stored", selectVariablesOfStored(sql`select d.parameters from deployment d where d.id = ${deployment_id}`)],
  ]);
  if (variables.all || variables.names.length > 0) asked.set("named", selectVariableValues(variables));
  if (block_ids.length > 0) asked.set("blocks", selectExistingDocuments(block_ids));
  if (queue_names.length > 0) asked.set("queues", selectQueues(queue_names, deployment_id));
  if (parent_ids.length > 0)
    asked.set("parents", sql`select ${parentsOf.columns} from json_each(${stringifyJson(parent_ids)}) w`);
  const results = await db.read([...asked.values()]);
  const answers = new Map([...asked.keys()].map((name, i) => [name, results[i]]));
  const facts = found.first(answers.get("deployment"));
  if (facts === null) return null;
  const named = queues.rows(answers.get("queues"));
  const parents = parentsOf.rows(answers.get("parents")).filter((parent) => parent !== null);
  return {
    ...facts,
    flow: { ...facts.flow, id: facts.deployment.flow_id },
    queues: new Map(named.map((queue) => [queue.name, queue])),
    parents: new Map(parents.map((parent) => [parent.run.id, parent])),
    block_ids: readExistingDocuments(answers.get("blocks")),
    variables: readVariableValues(answers.get("stored"), answers.get("named")),
  };
}

/**
 * The guard that facts of a deployment that names neither variables nor blocks are still true. Every change of deployment, flow and pool
 * increases `updated`, but the deletion of a queue only clears the column that refers to it.
 */
export function runFactsHold({ deployment, work_queue, work_pool, versions, notifies }: DeploymentRunFacts): Guard {
  const { id, updated, work_queue_id, flow_id } = deployment;
  return allOf([
    hasAsRead(deploymentTable, { id, updated, work_queue_id }),
    hasAsRead(flowTable, { id: flow_id, updated: versions.flow }),
    ...(work_queue === null ? [] : [hasAsRead(workQueue, { ...work_queue })]),
    ...(work_pool === null ? [] : [hasAsRead(workPool, { id: work_pool.id, updated: versions.work_pool })]),
    ...(notifies ? [] : [hasNoPolicies]),
  ]);
}

import { isJsonObject, type JsonObject, parseJson, stringifyJson } from "../../schemas/json.ts";
import type { Database, Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import type { DeploymentRow } from "../tables/deployments.ts";
import { type ParentTaskRun, parentTaskRunColumns, readParentTaskRun } from "../task-runs/parent.ts";
import { deployments } from "./select.ts";

interface Queue {
  readonly id: string;
  readonly name: string;
}

/** What the runs of a deployment are made of. */
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
  /** Those of the wanted queues that the deployment's pool has, by name. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** Those of the wanted parent task runs that exist, by id. */
  readonly parents: ReadonlyMap<string, ParentTaskRun>;
  /** The block documents that exist: none are stored yet. */
  readonly block_ids: ReadonlySet<string>;
}

/** What runs of a deployment want beside it. */
export interface WantedByRuns {
  readonly queue_names: readonly string[];
  readonly parent_ids: readonly string[];
}

const parsed = (value: unknown): unknown => (typeof value === "string" ? parseJson(value) : null);
const objectOf = (value: unknown): JsonObject => {
  const object = parsed(value);
  return isJsonObject(object) ? object : {};
};
const textsOf = (value: unknown): string[] => {
  const list = parsed(value);
  return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
};

const selectDeployment = `select ${deployments.columns("d")}, f.name, f.tags, f.labels, q.id, q.name, p.id, p.name, p.type, p.base_job_template
  from deployment d join flow f on f.id = d.flow_id
  left join work_queue q on q.id = d.work_queue_id left join work_pool p on p.id = q.work_pool_id where d.id = ?`;

const selectQueues = `select w.name, w.id from deployment d join work_queue q on q.id = d.work_queue_id
  join work_queue w on w.work_pool_id = q.work_pool_id and w.name in (select value from json_each(?)) where d.id = ?`;

/** Returns what runs of a deployment are made of, null if there is no such deployment; one round trip. */
export async function loadRunFacts(
  db: Database,
  deployment_id: string,
  { queue_names, parent_ids }: WantedByRuns,
): Promise<DeploymentRunFacts | null> {
  const statements: Sql[] = [{ sql: selectDeployment, args: [deployment_id] }];
  if (queue_names.length > 0) statements.push({ sql: selectQueues, args: [stringifyJson(queue_names), deployment_id] });
  if (parent_ids.length > 0) {
    statements.push(sql`select ${raw(parentTaskRunColumns("w.value"))} from json_each(${stringifyJson(parent_ids)}) w`);
  }
  const results = await db.read(statements);
  const [values] = results[0]?.rows ?? [];
  if (values === undefined) return null;
  const queueRows = queue_names.length > 0 ? (results[1]?.rows ?? []) : [];
  const parentRows = parent_ids.length > 0 ? (results.at(-1)?.rows ?? []) : [];
  const parents = parentRows.flatMap((row) => readParentTaskRun(row[0], row[1]) ?? []);
  return {
    ...readDeployment(values),
    queues: new Map(queueRows.map((row) => [String(row[0]), { id: String(row[1]), name: String(row[0]) }])),
    parents: new Map(parents.map((parent) => [parent.run.id, parent])),
    block_ids: new Set(),
  };
}

function readDeployment(
  values: ArrayLike<unknown>,
): Pick<DeploymentRunFacts, "deployment" | "flow" | "work_queue" | "work_pool"> {
  const deployment = deployments.row(values);
  const at = (place: number) => values[deployments.names.length + place];
  const queue_id = at(3);
  const pool_id = at(5);
  return {
    deployment,
    flow: { id: deployment.flow_id, name: String(at(0)), tags: textsOf(at(1)), labels: objectOf(at(2)) },
    work_queue: typeof queue_id === "string" ? { id: queue_id, name: String(at(4)) } : null,
    work_pool:
      typeof pool_id === "string"
        ? { id: pool_id, name: String(at(6)), type: String(at(7)), base_job_template: objectOf(at(8)) }
        : null,
  };
}
